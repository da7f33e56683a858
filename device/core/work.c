// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: notes of work, and the kick of the host. Doorbells and
 * writes of registers only note that there is work. The work is done in
 * svnic_core_run(), so that the thread that runs the core does the accesses to
 * host memory.
 */
#include "svnic_core_priv.h"
#include "svnic_core_work.h"

/* May be called from any thread. */
static void svnic_work_wake(struct svnic_core *core, unsigned int id)
{
	uint64_t old;

	old = atomic_fetch_or(&core->work[id / 64], 1ULL << (id % 64));
	if (!old && !atomic_load(&core->awake))
		core->ops.kick(core->host);
}

void svnic_work_add(struct svnic_core *core, struct svnic_fn *fn,
		    uint32_t work)
{
	fn->work |= work;
	svnic_work_wake(core, fn->id);
}

/* The same, but not before the next svnic_core_run(). */
void svnic_work_later(struct svnic_core *core, struct svnic_fn *fn,
		      uint32_t work)
{
	fn->work |= work;
	svnic_set_add(&core->later, fn->id);
}

/* Frames were received: their completions are to be written. */
void svnic_work_received(struct svnic_core *core)
{
	if (core->kicked || atomic_load(&core->awake))
		return;
	core->kicked = true;
	core->ops.kick(core->host);
}

/*
 * Section 4.2: the index is stored before its bit is set, and it is read after
 * the bit was cleared. So no doorbell is lost, but one may be seen twice.
 */
bool svnic_core_doorbell(struct svnic_core *core, unsigned int fn_id,
			 uint64_t addr, uint64_t val, unsigned int size)
{
	struct svnic_doorbell *db;
	enum svnic_half half;
	struct svnic_fn *fn;
	unsigned int queue;
	uint64_t bit, old;
	bool arm;

	if (addr < SVNIC_REF_DB_OFFSET || fn_id >= core->fns)
		return false;
	/* Section 2.7: two writes in one */
	if (size == 8 && !(addr % 8))
		return svnic_core_doorbell(core, fn_id, addr, (uint32_t)val,
					   4) &&
		       svnic_core_doorbell(core, fn_id, addr + 4, val >> 32, 4);
	fn = &core->fn[fn_id];
	addr -= SVNIC_REF_DB_OFFSET;
	queue = addr / SVNIC_REF_DB_STRIDE;
	if (queue >= fn->max_queues)
		return false;

	addr %= SVNIC_REF_DB_STRIDE;
	arm = addr == SVNIC_DB_ARM_TX || addr == SVNIC_DB_ARM_RX;
	if (addr == SVNIC_DB_TX || addr == SVNIC_DB_ARM_TX)
		half = SVNIC_TX;
	else if (addr == SVNIC_DB_RX || addr == SVNIC_DB_ARM_RX)
		half = SVNIC_RX;
	else
		return true;
	if (size != 4 || !svnic_fn_exists(core, fn_id))
		return true;

	atomic_fetch_add_explicit(&fn->doorbells, 1, memory_order_relaxed);
	db = &fn->db[queue];
	atomic_store_explicit(arm ? &db->arm[half] : &db->index[half],
			      (uint32_t)val, memory_order_relaxed);
	bit = 1ULL << (queue + 32 * half);
	old = atomic_fetch_or(arm ? &fn->armed : &fn->rung, bit);
	if (!(old & bit))
		svnic_work_wake(core, fn_id);
	return true;
}
