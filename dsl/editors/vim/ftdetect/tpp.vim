autocmd BufNewFile,BufRead *.tpp,*.sched setfiletype tpp
