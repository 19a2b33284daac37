/* Lengths, and places in arrays. Lengths are int and never negative; their products, and places in
 * arrays, are size_t. */
#ifndef MOE_INDEX_H
#define MOE_INDEX_H

#include <stddef.h>

/* Elements of a matrix, and the place of element (i, j) of one that has so many rows. */
static inline size_t area(int rows, int columns) { return (size_t)rows * (size_t)columns; }
static inline size_t at(int i, int j, int rows) { return area(rows, j) + (size_t)i; }

static inline int larger(int a, int b) { return a > b ? a : b; }

/* a, but at least `least`, but at most `most` */
static inline int within(size_t a, int least, int most) {
  int b = a > (size_t)most ? most : larger((int)a, least);
  return b < most ? b : most;
}

#endif
