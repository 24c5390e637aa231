/* The rows of kernels.def that a test has executed, for the check that there is none without. */
#ifndef TPP_TESTS_ROWS_H
#define TPP_TESTS_ROWS_H

/* Empties the file that TPP_ROWS names in the environment; nothing without. */
void rows_begin(void);
/* Adds a row that came out right. */
void rows_add(const char *name);

/* Cases for a row: the first argument of the program, else usual. Emulated machines take fewer. */
int rows_cases(int argc, char **argv, int usual);

#endif
