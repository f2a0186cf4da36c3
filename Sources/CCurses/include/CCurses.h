// What Swift cannot import from curses and the C library, and what must be async-signal-safe.
#pragma once

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <stdint.h>
#include <sys/types.h>

// Constants that are macros with casts in <curses.h>.
static const attr_t CX_BOLD = A_BOLD;
static const attr_t CX_DIM = A_DIM;
static const attr_t CX_REVERSE = A_REVERSE;
static const attr_t CX_UNDERLINE = A_UNDERLINE;
static const attr_t CX_ITALIC = A_ITALIC;
static const mmask_t CX_MOUSE_PRESSED = BUTTON1_PRESSED | BUTTON1_CLICKED;
static const mmask_t CX_MOUSE_DOUBLE = BUTTON1_DOUBLE_CLICKED;
static const mmask_t CX_WHEEL_UP = BUTTON4_PRESSED;
static const mmask_t CX_WHEEL_DOWN = BUTTON5_PRESSED;

// The signals' news, each a bit of the word that cx_take_news() returns and clears.
enum {
    CX_NEWS_RESIZED = 1,
    CX_NEWS_STOP = 2,
    CX_NEWS_CONTINUED = 4,
    CX_NEWS_TERM = 8,
    CX_NEWS_HANGUP = 16,
    CX_NEWS_INTERRUPT = 32,
    CX_NEWS_QUIT = 64,
};

WINDOW *_Nullable cx_stdscr(void);
int cx_colors(void);
int cx_wcwidth(uint32_t scalar);
int cx_eventfd(void);
/// 1 when the locale's text is UTF-8. Reads the locale from the environment first.
int cx_locale_is_utf8(void);

/// A screen of curses that writes into memory instead of a terminal; NULL when TERM is unknown.
/// The bytes of a frame are fetched with cx_frame_bytes(). Signal handlers of curses are not installed.
SCREEN *_Nullable cx_open(const char *_Nonnull term, int input_fd);
/// Copies what curses wrote since the last call; returns the number of bytes there were, at most `room` are copied.
ssize_t cx_frame_bytes(uint8_t *_Nonnull into, size_t room);
void cx_close(SCREEN *_Nullable screen);
/// A string capability, or NULL when the terminal has none.
const char *_Nullable cx_string(const char *_Nonnull name);
/// What lets all rows scroll, or NULL: curses sets the region once only, for the size it was opened with.
const char *_Nullable cx_whole_region(int rows);
/// Columns and rows of the terminal; 0 when it cannot tell.
int cx_size(int fd, int *_Nonnull width, int *_Nonnull height);

/// Remembers the terminal's settings as they are now, and the bytes that give it back.
int cx_remember(int fd, const uint8_t *_Nonnull goodbye, size_t count);
/// Input byte by byte, without echo, signals or translation.
int cx_raw(int fd);
/// Gives the terminal back, once; async-signal-safe. Does nothing when it is not taken.
void cx_restore(void);
/// Not 0 once the process has crashed: nothing may be written to the terminal any more.
int cx_has_crashed(void);
/// Says that the terminal is ours again after cx_restore().
void cx_taken(void);

/// Installs the handlers: news go to `event_fd`, crashes give the terminal back first, then go where they went.
void cx_install_signals(int event_fd);
/// Puts the handlers back that were there before.
void cx_remove_signals(void);
int cx_take_news(void);
/// Stops this process as ^Z does, with the default action; returns when it is continued.
void cx_stop_self(void);

/// Redirects standard error into memory when it is a terminal.
void cx_capture_stderr(void);
/// Puts standard error back and writes to it what was kept.
void cx_release_stderr(void);
