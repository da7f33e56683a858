/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: a function, its queues, interrupts, events,
 * mailbox, commands and vport.
 */
#ifndef SVNIC_CORE_FN_H
#define SVNIC_CORE_FN_H

#include <stdatomic.h>

#include "svnic_core_packet.h"
#include "svnic_core_sched.h"

/* Bits of registers that are defined; the others read as zero. */
#define SVNIC_RX_CTRL_MASK	(SVNIC_RX_CTRL_VLAN_STRIP | \
				 SVNIC_RX_CTRL_COALESCE)
#define SVNIC_RSS_CTRL_MASK	0x7f

/* The last of enum svnic_error */
#define SVNIC_ERR_LAST		SVNIC_ERR_IN_USE

/* Batches of DMA */
#define SVNIC_POST_BATCH	64
#define SVNIC_CMPL_BATCH	64

struct svnic_fn;

/**
 * struct svnic_qp - a queue pair at work
 * @s: state
 * @fn: the function
 * @index: number of the pair in the function
 * @on_dirty: linked into the list of queues with completions to write
 * @dirty_next: next queue with completions to write
 * @post_n: number of @posts
 * @cmpl_n: number of @cmpls
 * @post_first: index of the first of @posts
 * @posts: postings read ahead
 * @cmpls: completions not written yet, the last before s.rx_cons; each has
 *	@cmpl_size bytes
 * @event_valid: the event indices were read after the newest index was written
 * @frames: frames among @cmpls
 * @cmpl_size: bytes of a completion
 * @cmpl_source: completions tell where a frame came from
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
 * @index: by half: producer index as rung
 * @arm: by half: event index as written
 */
struct svnic_doorbell {
	atomic_uint_least32_t	index[2];
	atomic_uint_least32_t	arm[2];
};

/**
 * struct svnic_vec - an MSI-X vector (section 7)
 * @queues: bitmap of pairs with news that no decision was made about
 * @events: a message for events is due (vector 0)
 * @frames: frames received since the last decision, sent since the last
 *	message
 * @decided: when that was; long ago if there was none
 * @deadline: when the next one is due, if @heap is not SVNIC_NONE
 * @heap: place in the heap of those with news
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

/* Work of a function that no doorbell page asks for. */
#define SVNIC_WORK_EVENTS	0x1	/* events to write, or room again */
#define SVNIC_WORK_COMMANDS	0x2	/* commands to take */

/**
 * struct svnic_fn - a function at work
 * @s: state
 * @id: number of the function and of its vport
 * @max_queues: pairs that BAR0 has room for
 * @max_vectors: entries of the MSI-X table
 * @qp: the pairs
 * @db: their doorbells
 * @vec: the vectors
 * @rung: doorbells rung since last looked: bit pair + 32 * half
 * @armed: likewise those of event indices
 * @doorbells: doorbell writes
 * @work: SVNIC_WORK_*
 * @sched: its vport among those that send
 * @members: this vport's first entry in the forwarding table
 * @mark: number of the last frame that was given to this vport
 * @rss_stale: @rss_lut does not fit the key
 * @rss_lut: Toeplitz hash by position and value of half an octet
 */
struct svnic_fn {
	struct svnic_fn_state	s;
	uint16_t		id;
	uint16_t		max_queues;
	uint16_t		max_vectors;
	struct svnic_qp		*qp;
	struct svnic_doorbell	*db;
	struct svnic_vec	*vec;
	atomic_uint_least64_t	rung;
	atomic_uint_least64_t	armed;
	atomic_uint_least64_t	doorbells;
	uint32_t		work;
	struct svnic_vport_sched sched;
	uint32_t		members;
	uint64_t		mark;
	uint8_t			rss_stale;
	uint32_t		rss_lut[72][16];
};

static inline bool svnic_fn_has(const struct svnic_fn *fn, uint64_t feature)
{
	return fn->s.features & feature;
}

/* May a ring of events or of commands be so? */
static inline bool svnic_evq_ok(uint64_t base, uint32_t size)
{
	return !(base % 64) && svnic_pow2(size) &&
	       size >= 1u << SVNIC_EVQ_MIN_LOG2 &&
	       size <= 1u << SVNIC_EVQ_MAX_LOG2;
}

/* fn.c */
bool svnic_fn_features_ok(const struct svnic_core *core,
			  const struct svnic_fn *fn, uint64_t accept);
void svnic_fn_clear(struct svnic_core *core, struct svnic_fn *fn);
void svnic_fn_reset(struct svnic_core *core, struct svnic_fn *fn);
void svnic_fn_power_on(struct svnic_core *core, struct svnic_fn *fn);
uint64_t svnic_fn_offered(const struct svnic_core *core,
			  const struct svnic_fn *fn);
void svnic_fn_set_vfs(struct svnic_core *core, unsigned int num_vfs,
		      bool force);
bool svnic_fn_link_up(const struct svnic_core *core,
		      const struct svnic_fn *fn);
void svnic_fn_ctrl(struct svnic_core *core, struct svnic_fn *fn,
		   uint32_t ctrl);
uint32_t svnic_fn_status(const struct svnic_core *core,
			 const struct svnic_fn *fn);

/* regs.c */
void svnic_fn_stats_get(struct svnic_fn *fn, struct svnic_fn_stats *stats);
uint64_t svnic_regs_read(struct svnic_core *core, struct svnic_fn *fn,
			 uint64_t addr, unsigned int size);
void svnic_regs_write(struct svnic_core *core, struct svnic_fn *fn,
		      uint64_t addr, uint64_t val, unsigned int size);

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
void svnic_qp_arm(struct svnic_core *core, struct svnic_qp *qp,
		  enum svnic_half half);
bool svnic_qp_read_state(struct svnic_core *core, struct svnic_qp *qp);

/* tx.c */
void svnic_tx_next(struct svnic_qp *qp);
void svnic_tx_turn(struct svnic_core *core, struct svnic_qp *qp);

/* rx.c */
bool svnic_rx_takes_whole(const struct svnic_fn *fn,
			  const struct svnic_pkt *pkt);
void svnic_rx_vport(struct svnic_core *core, struct svnic_fn *fn,
		    struct svnic_pkt *pkt);
void svnic_rx_flush(struct svnic_core *core, struct svnic_qp *qp);
void svnic_rx_flush_all(struct svnic_core *core);

/* rss.c */
uint32_t svnic_rss_hash(struct svnic_fn *fn, const struct svnic_pkt *pkt,
			enum svnic_ptype *type);

/* irq.c */
void svnic_irq_queue(struct svnic_core *core, struct svnic_qp *qp,
		     enum svnic_half half, uint32_t frames);
void svnic_irq_resume(struct svnic_core *core, struct svnic_vec *vec,
		      uint64_t left);
void svnic_irq_events(struct svnic_core *core, struct svnic_fn *fn);
void svnic_irq_cancel(struct svnic_core *core, struct svnic_fn *fn);
void svnic_irq_expire(struct svnic_core *core);
uint64_t svnic_irq_next(const struct svnic_core *core);

/* event.c */
void svnic_event_start(struct svnic_core *core, struct svnic_fn *fn,
		       uint32_t size);
void svnic_event_stop(struct svnic_core *core, struct svnic_fn *fn);
void svnic_event_cons(struct svnic_core *core, struct svnic_fn *fn,
		      uint32_t cons);
uint32_t svnic_event_room(const struct svnic_fn *fn);
bool svnic_event_write(struct svnic_core *core, struct svnic_fn *fn,
		       struct svnic_event *events, uint32_t n);
void svnic_event_tell_pf(struct svnic_core *core, struct svnic_fn *fn,
			 uint8_t what);
void svnic_event_answered(struct svnic_core *core, struct svnic_fn *fn,
			  uint8_t what);
void svnic_event_notify(struct svnic_core *core, struct svnic_fn *fn,
			uint32_t bits);
void svnic_event_pend(struct svnic_core *core, struct svnic_fn *fn,
		      uint32_t pending);
void svnic_event_queue_error(struct svnic_core *core, struct svnic_qp *qp,
			     enum svnic_half half, enum svnic_error error);
void svnic_event_pump(struct svnic_core *core, struct svnic_fn *fn);

/* mailbox.c */
void svnic_mbx_start(struct svnic_core *core);
void svnic_mbx_request(struct svnic_core *core, struct svnic_fn *fn,
		       uint32_t len);
bool svnic_mbx_deliver(struct svnic_core *core, struct svnic_fn *fn);
enum svnic_error svnic_mbx_reply(struct svnic_core *core, struct svnic_fn *fn,
				 uint32_t seq, const void *msg, uint32_t len);
void svnic_mbx_cancel(struct svnic_core *core, struct svnic_fn *fn);

/**
 * struct svnic_cmd_rule - what a command looks like
 * @run: does it, for the function that it is about; @data is what was read, or
 *	to be written
 * @params: octets of struct svnic_cmd.params that are used
 * @vport: it is about a vport
 * @vf: of a VF
 * @read: it reads the data buffer
 * @write: octets it writes to the data buffer
 * @needs: feature without which it does not exist
 */
struct svnic_cmd_rule {
	enum svnic_error (*run)(struct svnic_core *core, struct svnic_fn *fn,
				const struct svnic_cmd *cmd, void *data);
	uint8_t		params;
	bool		vport;
	bool		vf;
	bool		read;
	uint16_t	write;
	uint64_t	needs;
};

/* Opcodes from here on are of the function that gives them. */
#define SVNIC_CMD_OWN		0x100

/* command.c */
void svnic_cmd_start(struct svnic_fn *fn, uint32_t size);
void svnic_cmd_prod(struct svnic_core *core, struct svnic_fn *fn,
		    uint32_t prod);
void svnic_cmd_run(struct svnic_core *core, struct svnic_fn *fn);

/* admin.c */
const struct svnic_cmd_rule *svnic_admin_rule(uint16_t opcode);

/* vport.c */
void svnic_vport_defaults(struct svnic_core *core, struct svnic_fn *fn);
void svnic_vport_reset(struct svnic_core *core, struct svnic_fn *fn);
void svnic_vport_set_flags(struct svnic_core *core, struct svnic_fn *fn,
			   uint32_t flags);
void svnic_vport_set_mac(struct svnic_core *core, struct svnic_fn *fn,
			 const uint8_t *mac);
void svnic_vport_clear_filters(struct svnic_core *core, struct svnic_fn *fn);
enum svnic_error svnic_vport_set(struct svnic_core *core, struct svnic_fn *fn,
				 const struct svnic_vport_cfg *cfg);
void svnic_vport_get(struct svnic_core *core, struct svnic_fn *fn,
		     struct svnic_vport_info *info);
void svnic_vport_get_grant(struct svnic_core *core, struct svnic_fn *fn,
			   struct svnic_vport_grant *grant);
enum svnic_error svnic_vport_grant(struct svnic_core *core,
				   struct svnic_fn *fn,
				   const struct svnic_vport_grant *grant);
enum svnic_error svnic_vport_mac(struct svnic_core *core, struct svnic_fn *fn,
				 const struct svnic_admin_mac *filter,
				 bool add);
enum svnic_error svnic_vport_vlan(struct svnic_core *core, struct svnic_fn *fn,
				  const struct svnic_admin_vlan *vlan,
				  bool add);
bool svnic_vport_takes_vlan(const struct svnic_fn *fn, uint16_t vlan);

/* save.c */
size_t svnic_save(struct svnic_core *core, struct svnic_fn *fn, void *data,
		  size_t len);
enum svnic_error svnic_load(struct svnic_core *core, struct svnic_fn *fn,
			    const void *data, size_t len);

#endif /* SVNIC_CORE_FN_H */
