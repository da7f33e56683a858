// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: life of the device, calls of the host, and the loop that
 * does the work that work.c has noted.
 */
#include <stdlib.h>

#include "svnic_core_command.h"
#include "svnic_core_event.h"
#include "svnic_core_flow.h"
#include "svnic_core_packet.h"
#include "svnic_core_path.h"
#include "svnic_core_priv.h"
#include "svnic_core_turn.h"
#include "svnic_core_work.h"

/* Maximum number of turns, and of rounds, in one svnic_core_run(). */
#define SVNIC_RUN_TURNS		32
/* Maximum cost, and maximum time in ns in case host memory is slow. */
#define SVNIC_RUN_COST		(8 * SVNIC_TURN_COST)
#define SVNIC_RUN_NS		2000000
/* Cost after which the time is checked. */
#define SVNIC_RUN_LOOK		(SVNIC_TURN_COST / 16)

/*
 * An address of host memory may be in our own BAR, or in that of another device
 * which then writes to ours. Such accesses from within a call are ignored.
 */
static bool svnic_core_enter(struct svnic_core *core)
{
	if (core->busy)
		return false;
	core->busy = true;
	return true;
}

static void svnic_core_leave(struct svnic_core *core)
{
	core->busy = false;
}

static void svnic_core_work_fn(struct svnic_core *core, struct svnic_fn *fn)
{
	uint64_t rung = atomic_exchange(&fn->rung, 0);
	uint64_t armed = 0;
	unsigned int bit;
	uint32_t work;

	/* Most functions never use them. */
	if (atomic_load(&fn->armed))
		armed = atomic_exchange(&fn->armed, 0);

	for (; rung; rung &= rung - 1) {
		bit = __builtin_ctzll(rung);
		svnic_qp_rung(core, &fn->qp[bit % 32], bit / 32);
	}
	for (; armed; armed &= armed - 1) {
		bit = __builtin_ctzll(armed);
		svnic_irq_event_idx(core, &fn->qp[bit % 32], bit / 32);
	}

	work = fn->work;
	fn->work = 0;
	if (work & SVNIC_WORK_COMMANDS)
		svnic_cmd_run(core, fn);
	if (work & SVNIC_WORK_EVENTS)
		svnic_event_pump(core, fn);
}

static bool svnic_core_has_work(struct svnic_core *core)
{
	unsigned int i;

	for (i = 0; i < SVNIC_SET_WORDS; i++)
		if (atomic_load(&core->work[i]))
			return true;
	return false;
}

static void svnic_core_do_work(struct svnic_core *core)
{
	unsigned int i, id;
	uint64_t bits;

	for (i = 0; i < SVNIC_SET_WORDS; i++) {
		if (!atomic_load_explicit(&core->work[i], memory_order_relaxed))
			continue;
		bits = atomic_exchange(&core->work[i], 0);
		for (; bits; bits &= bits - 1) {
			id = i * 64 + __builtin_ctzll(bits);
			if (svnic_fn_exists(core, id))
				svnic_core_work_fn(core, &core->fn[id]);
		}
	}
}

static uint64_t svnic_core_deadline(const struct svnic_core *core)
{
	uint64_t sched, irq;

	if (svnic_sched_pending(core))
		return 0;
	sched = svnic_sched_deadline(core);
	irq = svnic_irq_next(core);
	return sched < irq ? sched : irq;
}

/**
 * struct svnic_run - a call of svnic_core_run()
 * @start: time when it began
 * @end: cost at which it ends
 * @look: cost at which the time is checked
 */
struct svnic_run {
	uint64_t	start;
	uint64_t	end;
	uint64_t	look;
};

static void svnic_run_begin(struct svnic_core *core, struct svnic_run *run)
{
	run->start = core->ops.now(core->host);
	run->end = core->cost + SVNIC_RUN_COST;
	run->look = core->cost + SVNIC_RUN_LOOK;
}

static bool svnic_run_spent(struct svnic_core *core, struct svnic_run *run)
{
	if (core->cost < run->look)
		return false;
	run->look = core->cost + SVNIC_RUN_LOOK;
	return core->cost >= run->end ||
	       core->ops.now(core->host) - run->start >= SVNIC_RUN_NS;
}

uint64_t svnic_core_run(struct svnic_core *core)
{
	unsigned int turns = SVNIC_RUN_TURNS, rounds = SVNIC_RUN_TURNS;
	struct svnic_run run;
	struct svnic_qp *qp;
	unsigned int n;
	uint64_t next;

	if (!svnic_core_enter(core))
		return UINT64_MAX;
	atomic_store(&core->awake, true);
	svnic_run_begin(core, &run);
	core->kicked = false;
	core->wire_busy = false;

	do {
		core->now = core->ops.now(core->host);
		svnic_sched_expire(core);
		svnic_core_do_work(core);

		/* As many turns in a round as there are entries in lines. */
		for (n = core->sched.lined; n && turns; n--, turns--) {
			qp = svnic_sched_next(core);
			if (!qp)
				break;
			svnic_tx_turn(core, qp);
			svnic_sched_end(core);
			if (svnic_run_spent(core, &run))
				turns = 1;
		}

		svnic_rx_flush_all(core);
		svnic_irq_expire(core);
	} while (turns && --rounds &&
		 (svnic_sched_pending(core) || svnic_core_has_work(core)));

	next = svnic_core_deadline(core);
	for (n = 0; n < SVNIC_SET_WORDS; n++) {
		if (!core->later.word[n])
			continue;
		atomic_fetch_or(&core->work[n], core->later.word[n]);
		core->later.word[n] = 0;
	}
	atomic_store(&core->awake, false);
	/* A doorbell before this line saw awake, and did not kick. */
	if (svnic_core_has_work(core))
		next = 0;
	svnic_core_leave(core);
	return next;
}

/* Section 11.6 */
void svnic_core_power_on(struct svnic_core *core)
{
	if (!svnic_core_enter(core))
		return;
	svnic_log(core, "power on");
	svnic_fn_set_vfs(core, 0, true);
	svnic_fn_power_on(core, &core->fn[0]);
	memset(&core->pf, 0, sizeof(core->pf));
	svnic_core_leave(core);
}

void svnic_core_flr(struct svnic_core *core, unsigned int id)
{
	if (id >= core->fns || !svnic_core_enter(core))
		return;
	/* Section 11: an FLR of the PF clears VF Enable too. */
	if (!id)
		svnic_fn_set_vfs(core, 0, true);
	if (svnic_fn_exists(core, id))
		svnic_fn_reset(core, &core->fn[id]);
	svnic_core_leave(core);
}

void svnic_core_set_vfs(struct svnic_core *core, unsigned int num_vfs)
{
	if (!svnic_core_enter(core))
		return;
	svnic_fn_set_vfs(core, num_vfs, false);
	svnic_core_leave(core);
}

void svnic_core_set_link(struct svnic_core *core, bool up)
{
	unsigned int id;

	if (core->link_up == up)
		return;
	core->link_up = up;
	for (id = 0; svnic_fn_exists(core, id); id++)
		if (core->fn[id].s.vport.link == SVNIC_VPORT_LINK_AUTO)
			svnic_news_pend(core, &core->fn[id],
					SVNIC_PEND_LINK);
}

size_t svnic_core_save(struct svnic_core *core, unsigned int id, void *data,
		       size_t len)
{
	size_t size;

	if (!id || !svnic_fn_exists(core, id) || !svnic_core_enter(core))
		return 0;
	size = svnic_save(core, &core->fn[id], data, len);
	svnic_core_leave(core);
	return size;
}

bool svnic_core_load(struct svnic_core *core, unsigned int id,
		     const void *data, size_t len)
{
	enum svnic_error error;

	if (!id || !svnic_fn_exists(core, id) || !svnic_core_enter(core))
		return false;
	error = svnic_load(core, &core->fn[id], data, len);
	svnic_core_leave(core);
	return !error;
}

void svnic_core_event(struct svnic_core *core, unsigned int id,
		      const struct svnic_event *event)
{
	struct svnic_event copy = *event;
	struct svnic_fn *fn;

	if (id >= core->fns || !svnic_core_enter(core))
		return;
	fn = &core->fn[id];
	if (fn->s.evq_size && svnic_event_room(fn))
		svnic_event_write(core, fn, &copy, 1);
	svnic_core_leave(core);
}

uint64_t svnic_core_mmio_read(struct svnic_core *core, unsigned int id,
			      uint64_t addr, unsigned int size)
{
	uint64_t val;

	if (id >= core->fns || !svnic_core_enter(core))
		return UINT64_MAX;
	if (svnic_fn_exists(core, id))
		val = svnic_regs_read(core, &core->fn[id], addr, size);
	else
		val = UINT64_MAX;
	svnic_core_leave(core);
	return val;
}

void svnic_core_mmio_write(struct svnic_core *core, unsigned int id,
			   uint64_t addr, uint64_t val, unsigned int size)
{
	if (svnic_core_doorbell(core, id, addr, val, size))
		return;
	/* Section 2.7: a bridge may have merged two writes. */
	if (size == 8 && !(addr % 8)) {
		svnic_core_mmio_write(core, id, addr, (uint32_t)val, 4);
		svnic_core_mmio_write(core, id, addr + 4, val >> 32, 4);
		return;
	}
	if (id >= core->fns || !svnic_core_enter(core))
		return;
	if (svnic_fn_exists(core, id))
		svnic_regs_write(core, &core->fn[id], addr, val, size);
	svnic_core_leave(core);
}

bool svnic_core_wire_rx(struct svnic_core *core,
			const struct svnic_frame *frame)
{
	bool taken;

	if (!svnic_core_enter(core))
		return false;
	taken = svnic_wire_receive(core, frame);
	svnic_core_leave(core);
	return taken;
}

uint64_t svnic_core_bar_size(const struct svnic_core *core, unsigned int id)
{
	uint64_t need, size = SVNIC_REF_DB_OFFSET;

	need = SVNIC_REF_DB_OFFSET +
	       (uint64_t)core->fn[id].max_queues * SVNIC_REF_DB_STRIDE;
	while (size < need)
		size *= 2;
	return size;
}

unsigned int svnic_core_vectors(const struct svnic_core *core, unsigned int id)
{
	return core->fn[id].max_vectors;
}

unsigned int svnic_core_granted(const struct svnic_core *core, unsigned int id)
{
	return core->fn[id].s.vport.vectors;
}

/* Gives each function its part of the arrays that all functions share. */
static void svnic_core_layout(struct svnic_core *core)
{
	struct svnic_doorbell *db = core->dbs;
	struct svnic_vec *vec = core->vecs;
	struct svnic_qp *qp = core->qps;
	struct svnic_fn *fn;
	unsigned int i, id;

	for (id = 0; id < core->fns; id++) {
		fn = &core->fn[id];
		fn->id = id;
		fn->max_queues = id ? core->config.vf_queues :
				      core->config.pf_queues;
		fn->max_vectors = fn->max_queues + 1;
		fn->members = SVNIC_NONE;
		for (i = 0; i < SVNIC_LINES; i++)
			fn->sched.node[i].fn = fn;
		fn->sched.timer.fn = fn;
		fn->qp = qp;
		fn->db = db;
		fn->vec = vec;
		for (i = 0; i < fn->max_queues; i++) {
			qp[i].fn = fn;
			qp[i].index = i;
		}
		for (i = 0; i < fn->max_vectors; i++) {
			vec[i].fn = id;
			vec[i].index = i;
			vec[i].heap = SVNIC_NONE;
		}
		qp += fn->max_queues;
		db += fn->max_queues;
		vec += fn->max_vectors;
	}
}

struct svnic_core *svnic_core_new(const struct svnic_core_config *config,
				  const struct svnic_host_ops *ops, void *host)
{
	unsigned int id, queues, vectors;
	struct svnic_core *core;

	if (config->vf_max > SVNIC_VF_LIMIT || !config->pf_queues ||
	    config->pf_queues > SVNIC_MAX_QUEUES || !config->vf_queues ||
	    config->vf_queues > 16 || config->mac_filters > UINT16_MAX ||
	    config->vlan_filters > UINT16_MAX ||
	    config->flow_rules > UINT16_MAX ||
	    config->rss_contexts > UINT16_MAX)
		return NULL;

	core = calloc(1, sizeof(*core));
	if (!core)
		return NULL;
	core->config = *config;
	/* The checksum of an unsplit frame is never complete. */
	core->config.wire_gso = config->wire_gso && config->wire_csum;
	core->ops = *ops;
	core->host = host;
	core->fns = 1 + config->vf_max;
	queues = config->pf_queues + config->vf_max * config->vf_queues;
	vectors = queues + core->fns;

	core->fn = calloc(core->fns, sizeof(*core->fn));
	core->qps = calloc(queues, sizeof(*core->qps));
	core->dbs = calloc(queues, sizeof(*core->dbs));
	core->vecs = calloc(vectors, sizeof(*core->vecs));
	core->heap = calloc(vectors, sizeof(*core->heap));
	core->txbuf = malloc(SVNIC_HEADROOM + SVNIC_FRAME_BUF);
	core->rxbuf = malloc(SVNIC_HEADROOM + SVNIC_FRAME_BUF);
	core->segbuf = malloc(SVNIC_HEADROOM + SVNIC_FRAME_BUF);
	if (!core->fn || !core->qps || !core->dbs || !core->vecs ||
	    !core->heap || !core->txbuf || !core->rxbuf || !core->segbuf ||
	    !svnic_fdb_init(core)) {
		svnic_core_free(core);
		return NULL;
	}

	svnic_core_layout(core);
	svnic_rate_init(core);
	for (id = 0; id < core->fns; id++)
		svnic_fn_power_on(core, &core->fn[id]);
	return core;
}

void svnic_core_free(struct svnic_core *core)
{
	unsigned int id;

	if (!core)
		return;
	for (id = 0; core->fn && id < core->fns; id++)
		svnic_flow_free(core->fn[id].flow);
	svnic_fdb_free(core);
	free(core->segbuf);
	free(core->rxbuf);
	free(core->txbuf);
	free(core->heap);
	free(core->vecs);
	free(core->dbs);
	free(core->qps);
	free(core->fn);
	free(core);
}
