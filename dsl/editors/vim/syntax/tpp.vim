" Syntax of .tpp programs and .sched files. Written by generate.py; do not edit.
if exists("b:current_syntax")
  finish
endif

syntax keyword tppKeyword import const kernel schedule for in seq inout when over
syntax keyword tppConstant inf
syntax keyword tppType f64 f32 f16 bf16 i64 i32 u16 i8 u8 i4 bit ternary
syntax match tppOp "\v<%(add|sub|mul|div|neg|abs|sign|max|min|fma|select|lt|le|gt|ge|eq|ne|bits|shr_rne|sqrt|rsqrt|exp|log|erf|tanh|sigmoid|relu|gelu|gelu_tanh|silu|leaky_relu|elu|relu_grad|gelu_grad|gelu_tanh_grad|silu_grad|sigmoid_grad|tanh_grad|exp_grad|log_grad|sqrt_grad|rsqrt_grad|abs_grad|sign_grad|elu_grad|erf_grad|leaky_relu_grad|ktanh|ksigmoid|kswish|kgelu|ktanh_fine|ksigmoid_fine|kswish_fine|kgelu_fine|uniform|sround|zip|unzip_hi|unzip_lo|sround_f16|sround_int|brgemm|sum|prod|convert)>\ze\s*%(\<\s*\w+\s*\>\s*)?\("
syntax match tppModifier "\v%(%([\])]|<%(f64|f32|f16|bf16|i64|i32|u16|i8|u8|i4|bit|ternary)>)\s*)@<=<%(as|ld|pad|csr|bcsr|bcsc|range|group|planes|pack|threads|curve|fuse|reduce|prefetch|order|parallel)>"
syntax match tppKnob "\v%([{;]\s*)@<=<%(as|ld|pad|csr|bcsr|bcsc|range|group|planes|pack|threads|curve|fuse|reduce|prefetch|order|parallel)>\ze\s+\w|<prefetch>\ze\s*;"
syntax match tppNumber "\v<\d+%(\.\d*)?%([eE][+-]?\d+)?>|\.\d+%([eE][+-]?\d+)?>"
syntax match tppOperator "\v-\>|[-+*/<>=!]\=?|<%(max|min)\="
syntax region tppString start='"' end='"' oneline
syntax match tppComment "//.*$" contains=@Spell
syntax region tppComment start="/\*" end="\*/" contains=@Spell

highlight default link tppKeyword Keyword
highlight default link tppConstant Constant
highlight default link tppType Type
highlight default link tppOp Function
highlight default link tppModifier StorageClass
highlight default link tppKnob Statement
highlight default link tppNumber Number
highlight default link tppOperator Operator
highlight default link tppString String
highlight default link tppComment Comment

let b:current_syntax = "tpp"
