/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: an MSI-X vector (irq.c).
 */
#ifndef SVNIC_CORE_IRQ_H
#define SVNIC_CORE_IRQ_H

#include "svnic_core_state.h"

struct svnic_core;
struct svnic_fn;
struct svnic_qp;

/**
 * struct svnic_vec - an MSI-X vector (section 7)
 * @queues: bitmap of the pairs with news
 * @events: events were written that need a message (vector 0)
 * @frames: number of frames received since the last decision, and of frames
 *	sent since the last message
 * @decided: time of the last decision; 0 if there was none
 * @deadline: time of the next decision, if @heap is not SVNIC_NONE; 0: at the
 *	end of the round
 * @heap: index in the heap of vectors with news, or SVNIC_NONE
 * @fn: the function
 * @index: number of the vector
 */
struct svnic_vec {
	uint32_t	queues;
	uint32_t	frames[2];
	uint64_t	decided;
	uint64_t	deadline;
	uint32_t	heap;
	uint16_t	fn;
	uint8_t		index;
	uint8_t		events;
};

/* irq.c */
void svnic_irq_queue(struct svnic_core *core, struct svnic_qp *qp,
		     enum svnic_half half, uint32_t frames);
void svnic_irq_event_idx(struct svnic_core *core, struct svnic_qp *qp,
			 enum svnic_half half);
void svnic_irq_resume(struct svnic_core *core, struct svnic_vec *vec,
		      uint64_t left);
void svnic_irq_events(struct svnic_core *core, struct svnic_fn *fn);
void svnic_irq_cancel(struct svnic_core *core, struct svnic_fn *fn);
void svnic_irq_expire(struct svnic_core *core);
uint64_t svnic_irq_next(const struct svnic_core *core);

#endif /* SVNIC_CORE_IRQ_H */
