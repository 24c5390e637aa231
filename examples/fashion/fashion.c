/* Trains a 784-512-512-10 classifier on Fashion-MNIST. The arithmetic is in fashion.tpp, compiled
 * ahead of time; this file reads the images, deals them into batches, and calls the kernels. */
#include "fashion.h"
#include "idx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIXELS = 784, HIDDEN = 512, CLASSES = 10, BATCH = 128, LAYERS = 3 };

/* One fully connected layer: weights W[p][q] and bias b[q], their velocities, their gradients. */
typedef struct Layer {
  int64_t p, q;
  float *W, *V, *dW;
  float *b, *u, *db;
} Layer;

typedef struct Net {
  Layer layer[LAYERS];
  uint8_t *pixels;         /* [BATCH][784] as read */
  uint8_t *labels;         /* [BATCH] */
  float *act[LAYERS + 1];  /* inputs, two hidden layers, logits */
  float *grad[LAYERS + 1]; /* gradients with respect to them; [0] is not needed */
} Net;

static void check(int status, const char *what) {
  if (status != TPP_OK) {
    fprintf(stderr, "fashion: %s: %s\n", what, tpp_strerror(status));
    exit(1);
  }
}

static void *buffer(size_t n, size_t size) {
  void *p = aligned_alloc(64, (n * size + 63) / 64 * 64);
  if (!p) {
    fprintf(stderr, "fashion: no memory\n");
    exit(1);
  }
  return p;
}

static float *floats(int64_t n) {
  return buffer((size_t)n, sizeof(float));
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void net_new(Net *net) {
  static const int64_t width[LAYERS + 1] = {PIXELS, HIDDEN, HIDDEN, CLASSES};
  net->pixels = buffer(BATCH, PIXELS);
  net->labels = buffer(BATCH, 1);
  for (int i = 0; i <= LAYERS; i++) {
    net->act[i] = floats(BATCH * width[i]);
    net->grad[i] = floats(BATCH * width[i]);
  }
  for (int i = 0; i < LAYERS; i++) {
    Layer *l = &net->layer[i];
    l->p = width[i];
    l->q = width[i + 1];
    l->W = floats(l->p * l->q);
    l->V = floats(l->p * l->q);
    l->dW = floats(l->p * l->q);
    l->b = floats(l->q);
    l->u = floats(l->q);
    l->db = floats(l->q);
  }
}

static void net_free(Net *net) {
  for (int i = 0; i < LAYERS; i++) {
    Layer *l = &net->layer[i];
    float *own[] = {l->W, l->V, l->dW, l->b, l->u, l->db};
    for (size_t j = 0; j < sizeof own / sizeof *own; j++)
      free(own[j]);
  }
  for (int i = 0; i <= LAYERS; i++) {
    free(net->act[i]);
    free(net->grad[i]);
  }
  free(net->pixels);
  free(net->labels);
}

/* He initialisation: uniform in +-sqrt(6 / inputs), for layers in front of a relu. */
static void net_init(Net *net, int64_t seed) {
  for (int i = 0; i < LAYERS; i++) {
    Layer *l = &net->layer[i];
    check(init_layer(l->p, l->q, seed * LAYERS + i, sqrtf(6.0f / (float)l->p), l->W, l->V, l->b,
                     l->u),
          "init_layer");
  }
}

static void forward(Net *net, int64_t n) {
  check(scale_pixels(n, net->pixels, net->act[0]), "scale_pixels");
  for (int i = 0; i < LAYERS - 1; i++) {
    Layer *l = &net->layer[i];
    check(dense_relu(n, l->p, l->q, net->act[i], l->W, l->b, net->act[i + 1]), "dense_relu");
  }
  Layer *l = &net->layer[LAYERS - 1];
  check(dense(n, l->p, l->q, net->act[LAYERS - 1], l->W, l->b, net->act[LAYERS]), "dense");
}

/* Loss summed over the batch, and how many of its n images are right; leaves the gradient of the
 * mean loss. */
static float net_loss(Net *net, int64_t n, int32_t *hits) {
  float sum = 0;
  check(loss(n, net->act[LAYERS], net->labels, net->grad[LAYERS], &sum, hits), "loss");
  return sum;
}

static void backward(Net *net, int64_t n, float rate) {
  for (int i = LAYERS - 1; i >= 0; i--) {
    Layer *l = &net->layer[i];
    check(dense_grad(n, l->p, l->q, net->act[i], net->grad[i + 1], l->dW, l->db), "dense_grad");
    if (i > 0)
      check(dense_back(n, l->p, l->q, net->grad[i + 1], l->W, net->act[i], net->grad[i]),
            "dense_back");
    check(sgd(l->p, l->q, l->dW, l->db, rate, 0.9f, l->W, l->V, l->b, l->u), "sgd");
  }
}

/* Copies images order[first], order[first + 1], ... into the batch; fewer at the end. order NULL:
 * as stored. */
static int64_t deal(Net *net, const IdxFile *images, const IdxFile *labels, const uint32_t *order,
                    size_t first) {
  size_t n = images->n - first < BATCH ? images->n - first : BATCH;
  for (size_t i = 0; i < n; i++) {
    size_t at = order ? order[first + i] : first + i;
    memcpy(net->pixels + i * PIXELS, images->data + at * PIXELS, PIXELS);
    memcpy(net->labels + i, labels->data + at, 1);
  }
  return (int64_t)n;
}

static void shuffle(uint32_t *order, size_t n, uint64_t *state) {
  for (size_t i = n; i > 1; i--) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    size_t j = (size_t)((*state >> 33) % i);
    uint32_t t = order[i - 1];
    order[i - 1] = order[j];
    order[j] = t;
  }
}

static double accuracy(Net *net, const IdxFile *images, const IdxFile *labels) {
  int64_t right = 0;
  for (size_t first = 0; first < images->n; first += BATCH) {
    int64_t n = deal(net, images, labels, NULL, first);
    int32_t hits = 0;
    forward(net, n);
    net_loss(net, n, &hits);
    right += hits;
  }
  return 100.0 * (double)right / (double)images->n;
}

/* Multiplications and additions of the products, forward and backward, for one image. */
static double flops_per_image(const Net *net) {
  double flops = 0;
  for (int i = 0; i < LAYERS; i++)
    flops += (i > 0 ? 6.0 : 4.0) * (double)(net->layer[i].p * net->layer[i].q);
  return flops;
}

/* One training run; returns the accuracy on the test images in percent. */
static double train(Net *net, const IdxFile data[4], int epochs, int64_t seed) {
  const IdxFile *images = &data[0], *labels = &data[1];
  uint32_t *order = buffer(images->n, sizeof *order);
  for (size_t i = 0; i < images->n; i++)
    order[i] = (uint32_t)i;
  uint64_t state = (uint64_t)seed;
  net_init(net, seed);

  double right = 0;
  for (int epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, images->n, &state);
    float rate = 0.05f * (float)(epochs - epoch) / (float)epochs;
    double sum = 0, start = seconds();
    for (size_t first = 0; first < images->n; first += BATCH) {
      int64_t n = deal(net, images, labels, order, first);
      int32_t hits;
      forward(net, n);
      sum += (double)net_loss(net, n, &hits);
      backward(net, n, rate);
    }
    double took = seconds() - start;
    right = accuracy(net, &data[2], &data[3]);
    printf("seed %lld  epoch %2d/%d  loss %.4f  test accuracy %.2f %%  %.2f s  %.1f GFLOPS\n",
           (long long)seed, epoch + 1, epochs, sum / (double)images->n, right, took,
           flops_per_image(net) * (double)images->n / took * 1e-9);
    fflush(stdout);
  }
  free(order);
  return right;
}

static int usage(int status) {
  fprintf(status ? stderr : stdout,
          "usage: fashion [--epochs N] [--seeds N] [--data FOLDER] [--at-least PERCENT]\n"
          "Trains on Fashion-MNIST and reports the worst test accuracy over the seeds.\n"
          "  --epochs N           passes over the 60000 images (10)\n"
          "  --seeds N            training runs with seeds 1 to N (1)\n"
          "  --data FOLDER        where the IDX files are (" FASHION_DATA ")\n"
          "  --at-least PERCENT   exit with 4 when the worst accuracy is below\n");
  return status;
}

int main(int argc, char **argv) {
  int epochs = 10, seeds = 1;
  double at_least = 0;
  const char *folder = FASHION_DATA;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--help"))
      return usage(0);
    if (i + 1 == argc)
      return usage(2);
    if (!strcmp(argv[i], "--epochs"))
      epochs = atoi(argv[++i]);
    else if (!strcmp(argv[i], "--seeds"))
      seeds = atoi(argv[++i]);
    else if (!strcmp(argv[i], "--data"))
      folder = argv[++i];
    else if (!strcmp(argv[i], "--at-least"))
      at_least = atof(argv[++i]);
    else
      return usage(2);
  }
  if (epochs < 1 || seeds < 1)
    return usage(2);

  static const char *const names[4] = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                                       "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};
  IdxFile data[4] = {{0}};
  for (int i = 0; i < 4; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    if (idx_read(path, &data[i]))
      return 3;
  }
  for (int i = 0; i < 4; i += 2)
    if (data[i].item_bytes != PIXELS || data[i + 1].item_bytes != 1 || data[i].n != data[i + 1].n ||
        data[i].n == 0) {
      fprintf(stderr, "fashion: %s: not 28x28 images with one label each\n", folder);
      return 3;
    }

  Net net;
  net_new(&net);
  double worst = 100;
  for (int64_t seed = 1; seed <= seeds; seed++) {
    double right = train(&net, data, epochs, seed);
    worst = right < worst ? right : worst;
  }
  printf("worst test accuracy of %d run%s: %.2f %%\n", seeds, seeds == 1 ? "" : "s", worst);
  net_free(&net);
  for (int i = 0; i < 4; i++)
    free(data[i].data);
  return worst < at_least ? 4 : 0;
}
