// libsystemd's D-Bus and journal, and what Swift cannot import from the C library.
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-journal.h>

/// A descriptor that becomes readable when something is written to it.
int cs_eventfd(void);
