/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: helpers for byte order, ring indices and
 * sets of functions.
 */
#ifndef SVNIC_CORE_BYTES_H
#define SVNIC_CORE_BYTES_H

#include "svnic_core_state.h"

#define SVNIC_NONE		UINT32_MAX	/* no member, no index */

/* Conversion of little endian fields, on hosts of any byte order */

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define svnic_le16(v)	__builtin_bswap16(v)
#define svnic_le32(v)	__builtin_bswap32(v)
#define svnic_le64(v)	__builtin_bswap64(v)
#define svnic_be16(v)	((uint16_t)(v))
#define svnic_be32(v)	((uint32_t)(v))
#else
#define svnic_le16(v)	((uint16_t)(v))
#define svnic_le32(v)	((uint32_t)(v))
#define svnic_le64(v)	((uint64_t)(v))
#define svnic_be16(v)	__builtin_bswap16(v)
#define svnic_be32(v)	__builtin_bswap32(v)
#endif

static inline uint16_t svnic_get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void svnic_put_be16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static inline uint32_t svnic_get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static inline void svnic_put_be32(uint8_t *p, uint32_t v)
{
	svnic_put_be16(p, v >> 16);
	svnic_put_be16(p + 2, v & 0xffff);
}

/* Section 4.5: true if an index that goes from @old to @new passes @event. */
static inline bool svnic_passes(uint32_t event, uint32_t old, uint32_t new)
{
	return new - event - 1 < new - old;
}

static inline bool svnic_pow2(uint32_t n)
{
	return n && !(n & (n - 1));
}

static inline void svnic_set_add(struct svnic_set *set, unsigned int n)
{
	set->word[n / 64] |= 1ULL << (n % 64);
}

static inline bool svnic_set_has(const struct svnic_set *set, unsigned int n)
{
	return set->word[n / 64] & 1ULL << (n % 64);
}

static inline void svnic_set_del(struct svnic_set *set, unsigned int n)
{
	set->word[n / 64] &= ~(1ULL << (n % 64));
}

#endif /* SVNIC_CORE_BYTES_H */
