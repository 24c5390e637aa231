/* The compiler as a library: checks a program that has an error in it, and counts the messages. */
#include <stdio.h>
#include <string.h>
#include <tppc/tppc.h>

static void count(void *user, const char *text, size_t n) {
  int *messages = (int *)user;
  *messages += n > 0 && strstr(text, "error") != NULL;
}

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  printf("tppc %s\n", tppc_version());

  int messages = 0;
  TppcSession *session = tppc_session_new();
  tppc_session_messages(session, TPPC_TEXT, 0, count, &messages);
  TppcResult result = tppc_session_load(session, argv[1]);
  tppc_session_end_messages(session);
  tppc_session_free(session);
  if (result != TPPC_BAD_PROGRAM || messages == 0) {
    printf("result %d, %d messages\n", (int)result, messages);
    return 1;
  }
  return 0;
}
