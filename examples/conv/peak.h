/* What a core of this machine can multiply and add. */
#ifndef CONV_PEAK_H
#define CONV_PEAK_H

/* GFLOPS of one thread that does nothing but F32 multiply-adds, best of several; 0 where there is
 * no loop for the CPU. */
double fma_peak(void);
double seconds(void);

#endif
