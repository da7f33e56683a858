// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of save and load of a VF's state. A hostile guest brings its VF into
 * any state, which is saved, changed and loaded, and the guest goes on with
 * what was loaded. What is refused must change nothing, what was saved must be
 * accepted, and what is accepted must do no harm to neighbours.
 */
#include <stdlib.h>

#include "state.h"
#include "svnic_core_priv.h"

#define FNS		3
#define ACTS		8	/* of the guest between two states */

struct tally tallies[] = {
	{ .what = "states" },
	{ .what = "of them accepted" },
	{ .what = "descriptors" },
	{ .what = "mailbox messages" },
	{ 0 },
};

struct tally *const descriptors = &tallies[2];
struct tally *const messages = &tallies[3];

/* All that a load could change */
struct before {
	struct svnic_fn		fn[FNS];
	struct svnic_qp		qp[FNS * SVNIC_MAX_QUEUES];
	struct svnic_doorbell	db[FNS * SVNIC_MAX_QUEUES];
	struct svnic_vec	vec[FNS * SVNIC_MAX_VECTORS];
	struct svnic_pf_state	pf;
	struct state		state[FNS];
	uint32_t		heap_n;
	unsigned int		reads;
	unsigned int		writes;
};

static void vf_save(unsigned int fn, struct state *state)
{
	size_t len = svnic_core_save(h->core, fn, NULL, 0);
	uint8_t *data;

	MUST(len && len <= STATE_MAX && len % 8 == 0);
	/* A buffer of exactly this size, for the sanitizer */
	data = malloc(len);
	MUST(svnic_core_save(h->core, fn, data, len) == len);
	memcpy(state->data, data, len);
	state->len = len;
	free(data);
}

static bool vf_load(const struct state *state)
{
	uint8_t *data = malloc(state->len ? state->len : 1);
	bool taken;

	memcpy(data, state->data, state->len);
	taken = svnic_core_load(h->core, GUEST, data, state->len);
	free(data);
	return taken;
}

static bool same(const struct state *a, const struct state *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static size_t pairs(void)
{
	return h->config.pf_queues + (FNS - 1) * h->config.vf_queues;
}

static void look(struct before *b)
{
	const struct svnic_core *core = h->core;
	unsigned int fn;

	/* A save writes completions: do that before anything is noted. */
	for (fn = 1; fn < FNS; fn++)
		vf_save(fn, &b->state[fn]);
	memcpy(b->fn, core->fn, sizeof(b->fn));
	memcpy(b->qp, core->qps, pairs() * sizeof(b->qp[0]));
	memcpy(b->db, core->dbs, pairs() * sizeof(b->db[0]));
	memcpy(b->vec, core->vecs, (pairs() + FNS) * sizeof(b->vec[0]));
	b->pf = core->pf;
	b->heap_n = core->heap_n;
	b->reads = h->reads;
	b->writes = h->writes;
}

static void nothing_changed(const struct before *b)
{
	const struct svnic_core *core = h->core;
	static struct state now;
	unsigned int fn;

	MUST(b->reads == h->reads && b->writes == h->writes);
	MUST(!memcmp(b->fn, core->fn, sizeof(b->fn)));
	MUST(!memcmp(b->qp, core->qps, pairs() * sizeof(b->qp[0])));
	MUST(!memcmp(b->db, core->dbs, pairs() * sizeof(b->db[0])));
	MUST(!memcmp(b->vec, core->vecs, (pairs() + FNS) * sizeof(b->vec[0])));
	MUST(!memcmp(&b->pf, &core->pf, sizeof(b->pf)));
	MUST(b->heap_n == core->heap_n);
	for (fn = 1; fn < FNS; fn++) {
		vf_save(fn, &now);
		MUST(same(&now, &b->state[fn]));
	}
}

/* The VF is not ENABLED after that, but its registers may have any value. */
static void stop(bool clear)
{
	if (clear)
		svnic_fn_clear(h->core, &h->core->fn[GUEST]);
	else
		wr(GUEST, SVNIC_REG_CTRL, 0);
}

/* What was saved of this VF can be loaded into it, with no difference. */
static void load_saved(const struct state *state, bool clear)
{
	static struct state again;

	stop(clear);
	MUST(vf_load(state));
	vf_save(GUEST, &again);
	MUST(same(&again, state));
}

static void load_changed(const struct state *state)
{
	static struct before before;
	static struct state taken, other;

	look(&before);
	tallies[0].done++;
	if (!vf_load(state)) {
		nothing_changed(&before);
		return;
	}
	tallies[1].done++;
	MUST(before.fn[GUEST].s.ready && !before.fn[GUEST].s.enabled);
	vf_save(NEIGHBOUR, &other);
	MUST(same(&other, &before.state[NEIGHBOUR]));
	vf_save(GUEST, &taken);
	load_saved(&taken, true);
}

static void reload(struct input *in)
{
	static struct state saved, state;
	uint8_t how = in8(in);

	vf_save(GUEST, &saved);
	state = saved;
	if (how & 0x70)
		state_edit(in, &state);
	if ((how & 15) == 15)	/* it is still ENABLED, or not READY */
		load_changed(&state);
	if (!h->core->fn[GUEST].s.ready)
		return;
	if (!(how & 0x70)) {
		load_saved(&saved, how & 1);
		return;
	}
	stop(how & 1);
	load_changed(&state);
	if (how & 2)
		load_saved(&saved, how & 1);
}

void run_input(struct input *in)
{
	uint8_t first = in8(in);
	unsigned int i;

	sides_start(first);
	while (in->left) {
		/* Work that was not done yet is saved too. */
		reload(in);
		for (i = in8(in) % ACTS; i && in->left; i--) {
			pf_settle();
			guest_act(in);
		}
		if (first & 8)
			pf_settle();
	}
	pf_settle();
	pf_talk();
}
