/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: a function, its queues, interrupts, events,
 * mailbox, commands and vport.
 *
 * Words used here, besides those of svnic_core_sched.h:
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
#ifndef SVNIC_CORE_FN_H
#define SVNIC_CORE_FN_H

#include <stdatomic.h>
#include <string.h>

#include "svnic_core_packet.h"
#include "svnic_core_sched.h"

/* Bits of registers that are defined; the others read as zero. */
#define SVNIC_RX_CTRL_MASK	(SVNIC_RX_CTRL_VLAN_STRIP | \
				 SVNIC_RX_CTRL_COALESCE)
#define SVNIC_RSS_CTRL_MASK	0x7f

/* The highest value of enum svnic_error */
#define SVNIC_ERR_LAST		SVNIC_ERR_IN_USE

/* Maximum number of entries that are read or written at once */
#define SVNIC_POST_BATCH	64
#define SVNIC_CMPL_BATCH	64

struct svnic_fn;

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

/* Work of a function, other than that of the doorbell pages. */
#define SVNIC_WORK_EVENTS	0x1	/* news, or room in the event ring */
#define SVNIC_WORK_COMMANDS	0x2	/* commands to execute */

/**
 * struct svnic_fn - a function
 * @s: state
 * @id: number of the function and of its vport
 * @max_queues: number of pairs for which BAR0 has space
 * @max_vectors: number of entries of the MSI-X table
 * @qp: the pairs
 * @db: their doorbells
 * @vec: the vectors
 * @rung: doorbells written since the core last looked: bit pair + 32 * half
 * @armed: the same for doorbells of event indices
 * @doorbells: number of doorbell writes
 * @work: SVNIC_WORK_*
 * @sched: the scheduler's data of the vport
 * @members: this vport's first entry in the forwarding table
 * @mark: number of the last frame that the vport is a receiver of, or sent
 * @rss_stale: @rss_lut was not computed from the current key
 * @rss_lut: Toeplitz hash by position and value of half a byte
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

/* True if an event or command ring may have this address and size. */
static inline bool svnic_evq_ok(uint64_t base, uint32_t size)
{
	return !(base % 64) && svnic_pow2(size) &&
	       size >= 1u << SVNIC_EVQ_MIN_LOG2 &&
	       size <= 1u << SVNIC_EVQ_MAX_LOG2;
}

/* The frame at tx_cons is a new one, of which nothing was sent yet. */
static inline void svnic_qp_next_frame(struct svnic_qp *qp)
{
	qp->s.tx_seg = 0;
	qp->s.tx_counted = 0;
	qp->s.tx_copying = false;
	if (qp->s.tx_copy.step || qp->s.tx_copy.part)
		memset(&qp->s.tx_copy, 0, sizeof(qp->s.tx_copy));
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
void svnic_fn_ctrl(struct svnic_core *core, struct svnic_fn *fn,
		   uint32_t ctrl);
uint32_t svnic_fn_status(const struct svnic_core *core,
			 const struct svnic_fn *fn);
void svnic_fn_stats_get(struct svnic_fn *fn, struct svnic_fn_stats *stats);

/* regs.c */
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
bool svnic_qp_read_state(struct svnic_core *core, struct svnic_qp *qp);

/* tx.c */
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
void svnic_irq_index(struct svnic_core *core, struct svnic_qp *qp,
		     enum svnic_half half);
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

/**
 * struct svnic_cmd_rule - format of a command
 * @run: executes it, for the function that it is about; @data are the bytes
 *	that were read from the data buffer or that are to be written there
 * @params: number of bytes of struct svnic_cmd.params that are used
 * @vport: the command is about a vport
 * @vf: the vport must be that of a VF
 * @read: it reads the data buffer
 * @write: number of bytes that it writes to the data buffer
 * @needs: feature without which the command does not exist
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

/* Commands with opcodes from here on are about the function that sends them. */
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
bool svnic_vport_link_up(const struct svnic_core *core,
			 const struct svnic_fn *fn);
bool svnic_vport_takes_vlan(const struct svnic_fn *fn, uint16_t vlan);

/* save.c */
size_t svnic_save(struct svnic_core *core, struct svnic_fn *fn, void *data,
		  size_t len);
enum svnic_error svnic_load(struct svnic_core *core, struct svnic_fn *fn,
			    const void *data, size_t len);

#endif /* SVNIC_CORE_FN_H */
