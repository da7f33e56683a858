/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsvnic: receive rings, for the path of the stack and the path of XDP.
 */
#ifndef _LIBSVNIC_RX_H
#define _LIBSVNIC_RX_H

#include "libsvnic_priv.h"

/* Take the buffer out of its slot, which then needs another one. */
static inline struct page *libsvnic_rx_take(struct libsvnic_rxq *rx, u32 slot)
{
	struct page *page = rx->bufs[slot].page;

	rx->bufs[slot].page = NULL;
	rx->holes++;
	return page;
}

#endif /* _LIBSVNIC_RX_H */
