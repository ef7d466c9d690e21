/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef APP_PROFILE_FILE_H
#define APP_PROFILE_FILE_H

#include "tunwatch/decode.h"

/* The profile of that name, or, where it holds a / or ends in .conf, of that path. Names are looked for, with .conf
 * behind them, in the folders $TUNWATCH_PROFILES, $XDG_CONFIG_HOME/tunwatch/profiles, /etc/tunwatch/profiles and the
 * one that was installed; the first wins. NULL and err. Not reentrant: libconfuse is not. */
struct profile *profile_find(const char *name, struct error *err);

#endif
