/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: a queue pair (queue.c).
 */
#ifndef SVNIC_CORE_QUEUE_H
#define SVNIC_CORE_QUEUE_H

#include <stdatomic.h>
#include <string.h>

#include "svnic_core_bytes.h"

struct svnic_core;
struct svnic_fn;

/* Maximum number of entries that are read or written at once */
#define SVNIC_POST_BATCH	64
#define SVNIC_CMPL_BATCH	64

/**
 * struct svnic_qp - a queue pair
 * @s: state
 * @fn: the function
 * @index: number of the pair in the function
 * @on_dirty: linked into the list of queues with completions to write
 * @dirty_next: next queue with completions to write
 * @post_n: number of @posts
 * @cmpl_n: number of @cmpls
 * @post_first: index of the first of @posts
 * @posts: postings read ahead
 * @cmpls: completions not written yet, the last one with index s.rx_cons - 1;
 *	each has @cmpl_size bytes
 * @event_valid: the event indices of the state block were read after the last
 *	write of completions or of tx_cons
 * @frames: number of frames that end among @cmpls
 * @cmpl_size: size of a completion in bytes
 * @cmpl_source: completions contain the source of the frame
 */
struct svnic_qp {
	struct svnic_qp_state	s;
	struct svnic_fn		*fn;
	uint16_t		index;
	uint16_t		post_n;
	uint16_t		cmpl_n;
	uint16_t		frames;
	uint8_t			on_dirty;
	uint8_t			event_valid;
	uint8_t			cmpl_size;
	uint8_t			cmpl_source;
	uint32_t		post_first;
	struct svnic_qp		*dirty_next;
	uint64_t		posts[SVNIC_POST_BATCH];
	uint8_t			cmpls[SVNIC_CMPL_BATCH *
				      sizeof(struct svnic_rx_cmpl32)];
};

/**
 * struct svnic_doorbell - doorbells of a queue pair
 * @index: by half: producer index as last written
 * @arm: by half: event index as last written
 */
struct svnic_doorbell {
	atomic_uint_least32_t	index[2];
	atomic_uint_least32_t	arm[2];
};

/* The frame at tx_cons is a new one, of which nothing was sent yet. */
static inline void svnic_qp_next_frame(struct svnic_qp *qp)
{
	qp->s.tx_seg = 0;
	qp->s.tx_counted = 0;
	qp->s.tx_copying = false;
	if (qp->s.tx_copy.step || qp->s.tx_copy.part)
		memset(&qp->s.tx_copy, 0, sizeof(qp->s.tx_copy));
}

/* queue.c */
enum svnic_error svnic_qp_config(const struct svnic_fn *fn, uint64_t features,
				 unsigned int index,
				 const struct svnic_qp_state *s,
				 enum svnic_half half);
void svnic_qp_format(struct svnic_qp *qp);
void svnic_qp_ctrl(struct svnic_qp *qp, uint32_t ctrl);
void svnic_qp_fail(struct svnic_core *core, struct svnic_qp *qp,
		   enum svnic_half half, enum svnic_error error);
void svnic_qp_rung(struct svnic_core *core, struct svnic_qp *qp,
		   enum svnic_half half);
bool svnic_qp_read_state(struct svnic_core *core, struct svnic_qp *qp);

#endif /* SVNIC_CORE_QUEUE_H */
