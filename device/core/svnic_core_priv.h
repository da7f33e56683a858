/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: the NIC as a whole. Section numbers are
 * those of Documentation/svnic-spec.rst.
 *
 * A file calls only files of the lines below its own, and on its own line those
 * to the right of it. Two pairs of files call each other: sched and rate, parse
 * and csum.
 *
 *	core				calls of the host, loop over the work
 *	regs  save  save_check	a function as its host sees it
 *	command  admin  flow_cmd  fn	commands, life of functions
 *	event  mailbox			events and messages for drivers
 *	tx  wire  switch  rx		path of a frame
 *	irq  queue			interrupts, queue pairs
 *	vport  fdb			ports of the switch, forwarding table
 *	news  sched  rate		notes for later: news, queues that wait
 *	port  segment  parse  csum  packet	contents of a frame
 *	rss  flow  wheel  dma  work  log	call no other file
 *
 * Words used in all files: a function (fn) is the PF or a VF and owns one vport
 * of the switch with the same number; a queue pair (qp) has a TX and an RX
 * half; "half" is SVNIC_TX or SVNIC_RX where code is the same for both. More
 * words, besides those of svnic_core_sched.h:
 *
 * posting: an entry of the receive ring: the address of an empty buffer.
 * room: entries that can be used: free ones of an event ring
 *	(svnic_event_room()), postings of a receive ring (svnic_rx_room()).
 * news of a vector: completions or events since its last decision (irq.c).
 * decision: whether the news of a vector need an MSI-X message (section 7).
 * news of a function: what is to be reported by an event (news.c). It is told
 *	when the event is written (event.c).
 * view: a received frame as one vport gets it, some tags removed (rx.c).
 * class: the VLAN of a frame, by its outer tag (svnic_vlan_class()).
 * space: the VLAN that a vport belongs to in the forwarding table: the class
 *	of its port VLAN, or SVNIC_VLAN_TRUNK if it has none (fdb.c).
 */
#ifndef SVNIC_CORE_PRIV_H
#define SVNIC_CORE_PRIV_H

#include <stdatomic.h>
#include <string.h>

#include "svnic_core.h"
#include "svnic_core_fdb.h"
#include "svnic_core_fn.h"
#include "svnic_core_sched.h"

/* Maximum number of descriptors read at once; the longest chain fits. */
#define SVNIC_TX_BATCH		128

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
 * @port: counters of the port
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
 * @rule_pool: flow rules granted to VFs
 * @context_pool: RSS contexts granted to VFs
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
	struct svnic_port_counts	port;
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
	uint32_t			rule_pool;
	uint32_t			context_pool;
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

#endif /* SVNIC_CORE_PRIV_H */
