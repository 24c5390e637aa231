" Settings of .tpp buffers; gq formats with tppc. Written by generate.py; do not edit.
setlocal commentstring=//\ %s comments=s1:/*,mb:*,ex:*/,:// shiftwidth=2 expandtab textwidth=0
if executable("tppc")
  setlocal formatprg=tppc\ fmt
endif
