/* Status codes as sentences, and the symbol that ties an object to this version of the ABI. */
#include <tpp/rt.h>

const int tpp_rt_abi_1 = 0;

const char *tpp_strerror(int status) {
  switch (status) {
  case TPP_OK:
    return "success";
  case TPP_ERR_NULL:
    return "a pointer is null although its tensor has elements";
  case TPP_ERR_OVERLAP:
    return "a written argument overlaps another argument";
  case TPP_ERR_PROMISE:
    return "a size breaks a promise of the kernel";
  case TPP_ERR_SIZE:
    return "a size is negative, or a tensor exceeds the address space";
  case TPP_ERR_INDEX:
    return "an index is out of range";
  case TPP_ERR_ISA:
    return "the CPU lacks an instruction set that the kernel was compiled for";
  case TPP_ERR_NOMEM:
    return "scratch memory could not be allocated";
  case TPP_ERR_RANGE:
    return "a value is outside its declared range";
  case TPP_ERR_FORMAT:
    return "a sparse or ternary argument, or a file, is malformed, or sparse arguments that should "
           "share a pattern do not";
  case TPP_ERR_FILE:
    return "a file cannot be read";
  }
  return "unknown status";
}
