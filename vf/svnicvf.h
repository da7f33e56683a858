/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * svnicvf: driver of a virtual function. libsvnic does most of the work. This
 * driver adds what only a VF has: a mailbox for requests to the PF, and a
 * configuration from the PF.
 */
#ifndef _SVNICVF_H
#define _SVNICVF_H

#include <linux/completion.h>
#include <linux/mutex.h>

#include "../lib/libsvnic.h"

/**
 * struct svnicvf_mbx - mailbox to the PF (spec 8)
 * @buf: request and reply, shared with the device
 * @dma: bus address of @buf
 * @reply_len: length of the reply, bytes, from its event
 * @seq: counter that makes the cookie of each request differ
 * @up: the mailbox may be used
 * @late: a request was given up whose reply may still come
 * @away: the PF is away, and waiting for it has timed out
 * @done: completed by the event of a reply
 * @lock: one request at a time
 */
struct svnicvf_mbx {
	u8			*buf;
	dma_addr_t		dma;
	u32			reply_len;
	u32			seq;
	bool			up;
	atomic_t		late;
	bool			away;
	struct completion	done;
	struct mutex		lock;	/* one request at a time */
};

/**
 * struct svnicvf - a virtual function
 * @fn: function, in common with a PF
 * @mbx: mailbox
 * @frame_max: bytes of the longest frame the PF allows
 * @mac_fixed: the PF allows no other station address, and no unicast filters
 */
struct svnicvf {
	struct libsvnic_fn	*fn;
	struct svnicvf_mbx	mbx;
	u32			frame_max;
	bool			mac_fixed;
};

/* mbx.c: mailbox */
int svnicvf_mbx_init(struct svnicvf *vf);
void svnicvf_mbx_exit(struct svnicvf *vf);
int svnicvf_mbx_start(struct svnicvf *vf);
void svnicvf_mbx_stop(struct svnicvf *vf);
void svnicvf_mbx_event(struct svnicvf *vf, const struct svnic_event *ev);
int svnicvf_get_config(struct svnicvf *vf, struct svnic_mbx_config *config);
int svnicvf_ask_macs(struct svnicvf *vf, enum svnic_mbx_opcode opcode,
		     const u8 *macs, unsigned int count);
int svnicvf_ask_vlan(struct svnicvf *vf, enum svnic_mbx_opcode opcode,
		     u16 proto, u16 vid);
int svnicvf_ask_rx_mode(struct svnicvf *vf, u32 flags);
int svnicvf_ask_mtu(struct svnicvf *vf, u16 frame_max);

#endif /* _SVNICVF_H */
