/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsvnic: fake device for KUnit tests of the receive path. It completes the
 * buffers that the driver has posted, and its stack catches the frames.
 */
#ifndef _LIBSVNIC_RX_TEST_H
#define _LIBSVNIC_RX_TEST_H

#include <kunit/test.h>

#include "libsvnic_priv.h"

#define RX_SIZE		64

/* State of the driver, of the fake device, and what the stack received. */
struct rx_test {
	struct net_device	*netdev;
	struct libsvnic_fn	*fn;
	struct libsvnic_vector	*vector;
	struct libsvnic_rxq	*rx;
	u32			done;
	struct sk_buff_head	frames;
	unsigned int		gso;
	u8			buf[65536];
};

void rx_poll(struct rx_test *ctx);
int rx_poll_some(struct rx_test *ctx, int budget);
void rx_complete(struct rx_test *ctx, const void *data, u16 len,
		 struct svnic_rx_cmpl cmpl, u32 info);
void rx_frame(struct rx_test *ctx, u32 len, u32 piece,
	      struct svnic_rx_cmpl cmpl, u32 info);
struct sk_buff *rx_expect(struct kunit *test, u32 len);
void rx_expect_errors(struct kunit *test, u64 errors);
void *rx_alloc(struct kunit *test, size_t size);
void rx_start(struct kunit *test, const struct libsvnic_queues *queues);
void rx_exit(struct kunit *test);

/* xdp_test.c: a queue with a program that passes all frames */
int xdp_init(struct kunit *test);
void xdp_exit(struct kunit *test);

#endif /* _LIBSVNIC_RX_TEST_H */
