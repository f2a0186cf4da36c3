#include "CSystemd.h"

#include <sys/eventfd.h>

int cs_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
