// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: event rings (section 6). News of a function (news.c) become
 * events when its event ring has room.
 */
#include "svnic_core_dma.h"
#include "svnic_core_event.h"
#include "svnic_core_priv.h"
#include "svnic_core_work.h"

/* Kinds of news, highest precedence first; those of VFs have the same. */
enum svnic_news_kind {
	SVNIC_NEWS_REPLY,
	SVNIC_NEWS_LINK,
	SVNIC_NEWS_NOTIFY,
	SVNIC_NEWS_ERROR,
	SVNIC_NEWS_VF_RESET,
	SVNIC_NEWS_VF_REQUEST,
	SVNIC_NEWS_VF_ERROR,
	SVNIC_NEWS_KINDS,
};

#define SVNIC_NEWS_VF		SVNIC_NEWS_VF_RESET
#define SVNIC_NEWS_VF_KINDS	(SVNIC_NEWS_KINDS - SVNIC_NEWS_VF)

/* SVNIC_REG_EVQ_SIZE */
void svnic_event_start(struct svnic_core *core, struct svnic_fn *fn,
		       uint32_t size)
{
	svnic_event_stop(core, fn);
	if (!size)
		return;
	if (!fn->s.enabled) {
		fn->s.error = SVNIC_ERR_NOT_READY;
		return;
	}
	if (!svnic_evq_ok(fn->s.evq_base, size)) {
		fn->s.error = SVNIC_ERR_CONFIG;
		return;
	}
	fn->s.evq_size = size;
	fn->s.evq_prod = 0;
	fn->s.evq_cons = 0;
	fn->s.evq_armed = true;
	fn->s.evq_again = false;
	if (!fn->id)
		svnic_news_reopen(core);
	svnic_work_add(core, fn, SVNIC_WORK_EVENTS | SVNIC_WORK_COMMANDS);
}

void svnic_event_stop(struct svnic_core *core, struct svnic_fn *fn)
{
	(void)core;
	fn->s.evq_size = 0;
}

/* SVNIC_REG_EVQ_CONS */
void svnic_event_cons(struct svnic_core *core, struct svnic_fn *fn,
		      uint32_t cons)
{
	if (!fn->s.evq_size)
		return;
	if (fn->s.evq_prod - cons > fn->s.evq_size) {
		fn->s.error = SVNIC_ERR_INDEX;
		return;
	}
	fn->s.evq_cons = cons;
	if (cons == fn->s.evq_prod)
		fn->s.evq_armed = true;
	else
		fn->s.evq_again = true;
	svnic_work_add(core, fn, SVNIC_WORK_EVENTS | SVNIC_WORK_COMMANDS);
}

uint32_t svnic_event_room(const struct svnic_fn *fn)
{
	return fn->s.evq_size - (fn->s.evq_prod - fn->s.evq_cons);
}

/* The caller has checked svnic_event_room(). */
bool svnic_event_write(struct svnic_core *core, struct svnic_fn *fn,
		       struct svnic_event *events, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		events[i].flags = (fn->s.evq_prod + i) & fn->s.evq_size ?
				  0 : SVNIC_EVENT_PHASE;
	if (svnic_ring_write(core, fn, fn->s.evq_base, fn->s.evq_size,
			     fn->s.evq_prod, events, n, sizeof(*events))) {
		fn->s.error = SVNIC_ERR_DMA;
		svnic_event_stop(core, fn);
		return false;
	}
	fn->s.evq_prod += n;
	if (fn->s.evq_armed) {
		fn->s.evq_armed = false;
		svnic_irq_events(core, fn);
	}
	return true;
}

/* Event data of the first error that is not reported to the function itself */
static uint32_t svnic_event_own_error(const struct svnic_fn *fn)
{
	unsigned int bit = __builtin_ctzll(fn->s.queue_errors);
	unsigned int half = bit / 32, pair = bit % 32;

	return svnic_news_error_data(pair, half,
				     fn->s.queue_error[half][pair]);
}

/* Makes an event of @kind about VF @id, or about @fn itself if @id is 0. */
static void svnic_event_fill(struct svnic_core *core, struct svnic_fn *fn,
			     enum svnic_news_kind kind, uint32_t id,
			     struct svnic_event *event)
{
	const struct svnic_fn_state *vf = id ? &core->fn[id].s : &fn->s;
	uint32_t data = 0, type;
	uint64_t data2 = 0;

	switch (kind) {
	case SVNIC_NEWS_REPLY:
		type = SVNIC_EVENT_MBX_REPLY;
		data = vf->mbx_reply_len;
		break;
	case SVNIC_NEWS_LINK:
		type = SVNIC_EVENT_LINK;
		break;
	case SVNIC_NEWS_NOTIFY:
		type = SVNIC_EVENT_NOTIFY;
		data = vf->notify;
		break;
	case SVNIC_NEWS_VF_RESET:
		type = SVNIC_EVENT_VF_RESET;
		data2 = vf->reset_seq;
		break;
	case SVNIC_NEWS_VF_REQUEST:
		type = SVNIC_EVENT_MBX_REQUEST;
		data = vf->mbx_len;
		data2 = vf->mbx_seq;
		break;
	case SVNIC_NEWS_ERROR:
		type = SVNIC_EVENT_QUEUE_ERROR;
		data = svnic_event_own_error(fn);
		break;
	default:
		type = SVNIC_EVENT_QUEUE_ERROR;
		data = vf->queue_error_pf;
		break;
	}
	memset(event, 0, sizeof(*event));
	event->type = type;
	event->vf = svnic_le16(id ? id - 1 : SVNIC_EVENT_SELF);
	event->data = svnic_le32(data);
	event->data2 = svnic_le64(data2);
}

/* The event was written: removes it from the news. */
static void svnic_event_told(struct svnic_core *core, struct svnic_fn *fn,
			     enum svnic_news_kind kind, uint32_t id)
{
	struct svnic_fn_state *vf = &core->fn[id].s;

	switch (kind) {
	case SVNIC_NEWS_REPLY:
		fn->s.pending &= ~SVNIC_PEND_MBX_REPLY;
		break;
	case SVNIC_NEWS_LINK:
		fn->s.pending &= ~SVNIC_PEND_LINK;
		break;
	case SVNIC_NEWS_NOTIFY:
		fn->s.pending &= ~SVNIC_PEND_NOTIFY;
		fn->s.notify = 0;
		break;
	case SVNIC_NEWS_ERROR:
		fn->s.queue_errors &= fn->s.queue_errors - 1;
		break;
	case SVNIC_NEWS_VF_RESET:
		svnic_set_del(&core->pf.resets, id);
		vf->told |= SVNIC_TOLD_RESET;
		vf->reset_told = vf->reset_seq;
		break;
	case SVNIC_NEWS_VF_REQUEST:
		svnic_set_del(&core->pf.requests, id);
		vf->told |= SVNIC_TOLD_REQUEST;
		break;
	default:
		vf->queue_error_pf = 0;
		svnic_set_del(&core->pf.queue_errors, id);
		vf->told |= SVNIC_TOLD_ERROR;
		break;
	}
}

/*
 * The next member in round robin order: the first one from @turn on, which is
 * advanced beyond it. SVNIC_NONE if the set is empty.
 */
static uint32_t svnic_set_next(const struct svnic_set *set, uint16_t *turn)
{
	unsigned int i, word = *turn / 64, bit;
	uint64_t bits;

	/* One more than the words: the first one is looked at in two parts. */
	for (i = 0; i <= SVNIC_SET_WORDS; i++) {
		bits = set->word[word];
		if (!i)
			bits &= ~0ULL << (*turn % 64);
		if (bits) {
			bit = __builtin_ctzll(bits);
			*turn = (word * 64 + bit + 1) % (SVNIC_SET_WORDS * 64);
			return word * 64 + bit;
		}
		word = (word + 1) % SVNIC_SET_WORDS;
	}
	return SVNIC_NONE;
}

/*
 * The next VF to report to the PF, in round robin order. A request is copied to
 * the PF's memory before it is reported.
 */
static uint32_t svnic_event_next_vf(struct svnic_core *core,
				    enum svnic_news_kind kind)
{
	struct svnic_pf_state *pf = &core->pf;
	uint16_t *turn = &pf->turn[kind - SVNIC_NEWS_VF];
	uint32_t id;

	switch (kind) {
	case SVNIC_NEWS_VF_RESET:
		return svnic_set_next(&pf->resets, turn);
	case SVNIC_NEWS_VF_REQUEST:
		while (pf->mbx_on) {
			id = svnic_set_next(&pf->requests, turn);
			if (id == SVNIC_NONE ||
			    svnic_mbx_deliver(core, &core->fn[id]))
				return id;
		}
		return SVNIC_NONE;
	default:
		return svnic_set_next(&pf->queue_errors, turn);
	}
}

static bool svnic_event_next(struct svnic_core *core, struct svnic_fn *fn,
			     enum svnic_news_kind *kind, uint32_t *id)
{
	unsigned int i;

	*id = 0;
	if (fn->s.pending & SVNIC_PEND_MBX_REPLY)
		*kind = SVNIC_NEWS_REPLY;
	else if (fn->s.pending & SVNIC_PEND_LINK)
		*kind = SVNIC_NEWS_LINK;
	else if (fn->s.pending & SVNIC_PEND_NOTIFY)
		*kind = SVNIC_NEWS_NOTIFY;
	else if (fn->s.queue_errors)
		*kind = SVNIC_NEWS_ERROR;
	else
		*kind = SVNIC_NEWS_VF;
	if (*kind != SVNIC_NEWS_VF || fn->id)
		return *kind != SVNIC_NEWS_VF;

	/* Round robin, so that no kind delays another. */
	for (i = 0; i < SVNIC_NEWS_VF_KINDS; i++) {
		*kind = SVNIC_NEWS_VF + core->pf.kind;
		core->pf.kind = (core->pf.kind + 1) % SVNIC_NEWS_VF_KINDS;
		*id = svnic_event_next_vf(core, *kind);
		if (*id != SVNIC_NONE)
			return true;
	}
	return false;
}

/* Writes events for the news of @fn, as many as the ring has room for. */
void svnic_event_pump(struct svnic_core *core, struct svnic_fn *fn)
{
	enum svnic_news_kind kind;
	struct svnic_event event;
	uint32_t id;

	if (fn->s.evq_size && fn->s.evq_again)
		svnic_irq_events(core, fn);
	fn->s.evq_again = false;
	while (fn->s.evq_size && svnic_event_room(fn) &&
	       svnic_event_next(core, fn, &kind, &id)) {
		svnic_event_fill(core, fn, kind, id, &event);
		if (svnic_event_write(core, fn, &event, 1))
			svnic_event_told(core, fn, kind, id);
	}
}
