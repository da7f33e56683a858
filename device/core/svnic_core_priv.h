/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: declarations that its files share. Section
 * numbers are those of Documentation/svnic-spec.rst.
 *
 * Words used in all files: a function (fn) is the PF or a VF and owns one vport
 * of the switch with the same number; a queue pair (qp) has a TX and an RX
 * half; "half" is SVNIC_TX or SVNIC_RX where code is the same for both. More
 * words are explained in svnic_core_fn.h and svnic_core_sched.h.
 */
#ifndef SVNIC_CORE_PRIV_H
#define SVNIC_CORE_PRIV_H

#include <string.h>

#include "svnic_core.h"
#include "svnic_core_fdb.h"
#include "svnic_core_fn.h"
#include "svnic_core_packet.h"
#include "svnic_core_sched.h"

/* Maximum number of entries that are read at once; the longest chain fits. */
#define SVNIC_TX_BATCH		128
#define SVNIC_CMD_BATCH		16
#define SVNIC_DMA_PAGE		4096	/* PCIe: no request crosses it */

/*
 * Section 10.7: cost is counted in bytes. A request on the bus takes as long as
 * SVNIC_COST_REQUEST bytes. To take a frame from a transmit ring, to make a
 * segment, and to offer one of these to a receiver each takes as long as
 * SVNIC_COST_FRAME bytes.
 */
#define SVNIC_COST_REQUEST	2048
#define SVNIC_COST_FRAME	512
/* Maximum cost of a turn; the rest of the work waits for the next turn. */
#define SVNIC_TURN_COST		(1024 * 1024)

/**
 * struct svnic_core - the NIC
 * @config: size
 * @ops: operations of the host
 * @host: first argument of @ops
 * @fn: functions
 * @fns: number of functions
 * @qps: all queue pairs
 * @dbs: all doorbells
 * @vecs: all vectors
 * @num_vfs: number of VFs that exist
 * @work: functions with doorbells or other work
 * @later: functions with work for the next svnic_core_run()
 * @awake: svnic_core_run() is running and will see new work
 * @busy: a call of the host is running; accesses to host memory that reach our
 *	own BAR are ignored then
 * @kicked: the host was kicked for received frames
 * @link_up: state of the port's link
 * @wire_busy: the wire refused a frame in this run
 * @pf: state that only the PF has
 * @sched: scheduler
 * @dirty: queues with completions to write
 * @heap: vectors with news, the earliest deadline first
 * @heap_n: number of vectors in @heap
 * @now: time at the start of the round
 * @mark: number of frames switched so far
 * @cost: cost of everything that was done so far
 * @spent: value of @cost at which the turn ends
 * @to: receivers of the frame that is switched
 * @to_n: number of receivers
 * @to_owner: a vport has the destination address, or is a member of the
 *	broadcast or multicast group; this may be the sender
 * @wire_copy: progress of the frame from the wire to its receivers
 * @fdb: forwarding table
 * @mac_pool: address filters granted to VFs
 * @vlan_pool: VLAN filters granted to VFs
 * @share_pool: sum of all guarantees
 * @txd: transmit descriptors of the queue whose turn it is
 * @txbuf: the frame that is sent
 * @rxbuf: the frame from the wire, if it has to be changed
 * @segbuf: a segment of one of these two
 */
struct svnic_core {
	struct svnic_core_config	config;
	struct svnic_host_ops		ops;
	void				*host;
	struct svnic_fn			*fn;
	unsigned int			fns;
	struct svnic_qp			*qps;
	struct svnic_doorbell		*dbs;
	struct svnic_vec		*vecs;
	atomic_uint			num_vfs;
	atomic_uint_least64_t		work[SVNIC_SET_WORDS];
	struct svnic_set		later;
	atomic_bool			awake;
	bool				busy;
	bool				kicked;
	bool				link_up;
	bool				wire_busy;
	struct svnic_pf_state		pf;

	struct svnic_sched		sched;
	struct svnic_qp			*dirty;
	struct svnic_vec		**heap;
	uint32_t			heap_n;
	uint64_t			now;
	uint64_t			mark;

	uint64_t			cost;
	uint64_t			spent;
	struct svnic_fn			*to[SVNIC_MAX_FNS];
	uint32_t			to_n;
	bool				to_owner;
	struct svnic_copy		wire_copy;

	struct svnic_fdb		fdb;
	uint32_t			mac_pool;
	uint32_t			vlan_pool;
	uint64_t			share_pool;

	struct svnic_tx_desc		txd[SVNIC_TX_BATCH];
	uint8_t				*txbuf;
	uint8_t				*rxbuf;
	uint8_t				*segbuf;
};

static inline bool svnic_fn_exists(struct svnic_core *core, unsigned int id)
{
	return id <= atomic_load_explicit(&core->num_vfs, memory_order_relaxed);
}

/* Begins a turn, or the delivery of a frame from the wire. */
static inline void svnic_turn_begin(struct svnic_core *core)
{
	core->spent = core->cost + SVNIC_TURN_COST;
}

/* True if the turn has reached its maximum cost. */
static inline bool svnic_turn_spent(const struct svnic_core *core)
{
	return core->cost >= core->spent;
}

/* Cost of the turn so far. */
static inline uint64_t svnic_turn_cost(const struct svnic_core *core)
{
	return core->cost - (core->spent - SVNIC_TURN_COST);
}

/* False if the wire is known to be busy. */
static inline bool svnic_wire_open(const struct svnic_core *core)
{
	return !core->wire_busy && core->sched.wire.at <= core->now;
}

/* log.c */
void svnic_log(struct svnic_core *core, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* work.c */
void svnic_work_add(struct svnic_core *core, struct svnic_fn *fn,
		    uint32_t work);
void svnic_work_later(struct svnic_core *core, struct svnic_fn *fn,
		      uint32_t work);
void svnic_work_received(struct svnic_core *core);

/* dma.c */
int svnic_dma_read(struct svnic_core *core, struct svnic_fn *fn,
		   uint64_t addr, void *buf, size_t len);
int svnic_dma_write(struct svnic_core *core, struct svnic_fn *fn,
		    uint64_t addr, const void *buf, size_t len);
int svnic_ring_read(struct svnic_core *core, struct svnic_fn *fn,
		    uint64_t base, uint32_t size, uint32_t index,
		    void *buf, uint32_t n, size_t entry);
int svnic_ring_write(struct svnic_core *core, struct svnic_fn *fn,
		     uint64_t base, uint32_t size, uint32_t index,
		     const void *buf, uint32_t n, size_t entry);

/* wire.c */
bool svnic_wire_receive(struct svnic_core *core,
			const struct svnic_frame *frame);
enum svnic_wire_result {
	SVNIC_WIRE_SENT,
	SVNIC_WIRE_BUSY,
	SVNIC_WIRE_SPENT,	/* the turn has to end */
};

enum svnic_wire_result svnic_wire_send(struct svnic_core *core,
				       struct svnic_pkt *pkt, uint32_t *seg);

/* switch.c */
void svnic_switch_find(struct svnic_core *core, struct svnic_fn *from,
		       const struct svnic_pkt *pkt);
bool svnic_switch_wants_wire(const struct svnic_core *core,
			     const struct svnic_pkt *pkt);
bool svnic_switch_local(struct svnic_core *core, struct svnic_pkt *pkt,
			struct svnic_copy *copy);
bool svnic_switch_source_ok(struct svnic_core *core, const struct svnic_fn *fn,
			    const uint8_t *mac);

#endif /* SVNIC_CORE_PRIV_H */
