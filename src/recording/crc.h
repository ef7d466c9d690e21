/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crc: CRC32C (Castagnoli), as iSCSI and ext4 use it. */
#ifndef RECORDING_CRC_H
#define RECORDING_CRC_H

#include <stddef.h>
#include <stdint.h>

/* CRC of data appended to what crc covers (0 to begin with). */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);
/* The same without the processor's instruction: what other processors run, and what tests compare with. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t len);

#endif
