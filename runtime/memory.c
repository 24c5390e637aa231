/* Scratch memory, from the C library or from the application's allocator.
 *
 * A block remembers who has to free it in a header of one cache line in front of it, so that the
 * allocator may be changed while blocks are out. */
#include <tpp/rt.h>

#include <pthread.h>
#include <stdlib.h>

enum { SCRATCH_ALIGN = 64 };

struct header {
  tpp_free_fn dealloc;
  void *user;
};
_Static_assert(sizeof(struct header) <= SCRATCH_ALIGN, "the header fits in front of a block");

static struct {
  pthread_mutex_t lock;
  tpp_alloc_fn alloc;
  tpp_free_fn dealloc;
  void *user;
} hook = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *default_alloc(void *user, size_t bytes, size_t align) {
  (void)user;
  if (bytes > SIZE_MAX - align)
    return NULL;
  return aligned_alloc(align, (bytes + align - 1) & ~(align - 1));
}

static void default_free(void *user, void *p) {
  (void)user;
  free(p);
}

void tpp_set_allocator(tpp_alloc_fn alloc, tpp_free_fn dealloc, void *user) {
  int own = alloc && dealloc;
  pthread_mutex_lock(&hook.lock);
  hook.alloc = own ? alloc : NULL;
  hook.dealloc = own ? dealloc : NULL;
  hook.user = own ? user : NULL;
  pthread_mutex_unlock(&hook.lock);
}

void *tpp_scratch_alloc(size_t bytes) {
  if (bytes == 0 || bytes > SIZE_MAX - SCRATCH_ALIGN)
    return NULL;
  pthread_mutex_lock(&hook.lock);
  tpp_alloc_fn alloc = hook.alloc ? hook.alloc : default_alloc;
  struct header head = {hook.alloc ? hook.dealloc : default_free, hook.user};
  pthread_mutex_unlock(&hook.lock);

  struct header *block = alloc(head.user, bytes + SCRATCH_ALIGN, SCRATCH_ALIGN);
  if (!block)
    return NULL;
  *block = head;
  return (char *)block + SCRATCH_ALIGN;
}

void tpp_scratch_free(void *p) {
  if (!p)
    return;
  struct header *block = (struct header *)(void *)((char *)p - SCRATCH_ALIGN);
  struct header head = *block;
  head.dealloc(head.user, block);
}
