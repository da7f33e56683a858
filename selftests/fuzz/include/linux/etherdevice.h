/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stand-in for the kernel's header, in user space. */
#ifndef FUZZ_LINUX_ETHERDEVICE_H
#define FUZZ_LINUX_ETHERDEVICE_H

#include <linux/if_ether.h>
#include <linux/string.h>
#include <linux/types.h>

static inline bool is_zero_ether_addr(const u8 *addr)
{
	return !memchr_inv(addr, 0, ETH_ALEN);
}

static inline bool is_broadcast_ether_addr(const u8 *addr)
{
	return !memchr_inv(addr, 0xff, ETH_ALEN);
}

static inline bool is_multicast_ether_addr(const u8 *addr)
{
	return addr[0] & 1;
}

static inline bool is_valid_ether_addr(const u8 *addr)
{
	return !is_multicast_ether_addr(addr) && !is_zero_ether_addr(addr);
}

static inline bool ether_addr_equal(const u8 *a, const u8 *b)
{
	return !memcmp(a, b, ETH_ALEN);
}

static inline void ether_addr_copy(u8 *dst, const u8 *src)
{
	memcpy(dst, src, ETH_ALEN);
}

#endif
