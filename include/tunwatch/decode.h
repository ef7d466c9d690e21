/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode: bytes from outside into plain values. Pure: no descriptors, no clocks, no allocation per record, every read
 * bounded. Whatever comes in is hostile. */
#ifndef TUNWATCH_DECODE_H
#define TUNWATCH_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/base.h"
#include "tunwatch/record.h"

#endif
