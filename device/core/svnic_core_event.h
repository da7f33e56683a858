/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: event rings, news, and the mailbox
 * (event.c, news.c, mailbox.c).
 */
#ifndef SVNIC_CORE_EVENT_H
#define SVNIC_CORE_EVENT_H

#include "svnic_core_bytes.h"

struct svnic_core;
struct svnic_fn;
struct svnic_qp;

/* True if an event or command ring may have this address and size. */
static inline bool svnic_evq_ok(uint64_t base, uint32_t size)
{
	return !(base % 64) && svnic_pow2(size) &&
	       size >= 1u << SVNIC_EVQ_MIN_LOG2 &&
	       size <= 1u << SVNIC_EVQ_MAX_LOG2;
}

/* event.c */
void svnic_event_start(struct svnic_core *core, struct svnic_fn *fn,
		       uint32_t size);
void svnic_event_stop(struct svnic_core *core, struct svnic_fn *fn);
void svnic_event_cons(struct svnic_core *core, struct svnic_fn *fn,
		      uint32_t cons);
uint32_t svnic_event_room(const struct svnic_fn *fn);
bool svnic_event_write(struct svnic_core *core, struct svnic_fn *fn,
		       struct svnic_event *events, uint32_t n);
void svnic_event_pump(struct svnic_core *core, struct svnic_fn *fn);

/* news.c */
void svnic_news_tell_pf(struct svnic_core *core, struct svnic_fn *fn,
			uint8_t what);
void svnic_news_answered(struct svnic_core *core, struct svnic_fn *fn,
			 uint8_t what);
void svnic_news_reopen(struct svnic_core *core);
void svnic_news_pend(struct svnic_core *core, struct svnic_fn *fn,
		     uint32_t pending);
void svnic_news_notify(struct svnic_core *core, struct svnic_fn *fn,
		       uint32_t bits);
uint32_t svnic_news_error_data(unsigned int pair, enum svnic_half half,
			       enum svnic_error error);
void svnic_news_queue_error(struct svnic_core *core, struct svnic_qp *qp,
			    enum svnic_half half, enum svnic_error error);

/* mailbox.c */
void svnic_mbx_start(struct svnic_core *core);
void svnic_mbx_request(struct svnic_core *core, struct svnic_fn *fn,
		       uint32_t len);
bool svnic_mbx_deliver(struct svnic_core *core, struct svnic_fn *fn);
enum svnic_error svnic_mbx_reply(struct svnic_core *core, struct svnic_fn *fn,
				 uint32_t seq, const void *msg, uint32_t len);
void svnic_mbx_cancel(struct svnic_core *core, struct svnic_fn *fn);

#endif /* SVNIC_CORE_EVENT_H */
