/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: what its files share. Section numbers are
 * those of Documentation/svnic-spec.rst.
 *
 * Words used all over: a function (fn) is the PF or a VF and owns one vport of
 * the switch with the same number; a queue pair (qp) has a TX and an RX half;
 * "half" is SVNIC_TX or SVNIC_RX where code is the same for both.
 */
#ifndef SVNIC_CORE_PRIV_H
#define SVNIC_CORE_PRIV_H

#include <stdatomic.h>
#include <string.h>

#include "svnic_core.h"
#include "svnic_core_state.h"

/* Batches of DMA. A batch of TX descriptors holds the longest chain. */
#define SVNIC_TX_BATCH		128
#define SVNIC_POST_BATCH	64
#define SVNIC_CMPL_BATCH	64
#define SVNIC_CMD_BATCH		16
#define SVNIC_DMA_PAGE		4096	/* PCIe: no request crosses it */

/*
 * Section 10.7: what a turn costs, in octets. A request on the bus, and a frame
 * looked at, cut, or offered to a receiver, take as long as so many octets.
 */
#define SVNIC_COST_REQUEST	2048
#define SVNIC_COST_FRAME	512
/* What a turn costs at most; what is not done then waits for the next one. */
#define SVNIC_TURN_COST		(1024 * 1024)

#define SVNIC_HEADROOM		64	/* for tags, before a frame */
#define SVNIC_VLAN_LEN		4
#define SVNIC_ETH_HLEN		14
#define SVNIC_ETH_ADDRS		12	/* both addresses */
#define SVNIC_ETHERTYPE_VLAN	0x8100
#define SVNIC_ETHERTYPE_AD	0x88a8
#define SVNIC_TCP_CSUM		16	/* of the checksum in the header */

#define SVNIC_NONE		UINT32_MAX

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
 * @cmpls: completions not written yet, the last before s.rx_cons
 * @event_valid: the event indices were read after the newest index was written
 * @frames: frames among @cmpls
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
	uint32_t		post_first;
	struct svnic_qp		*dirty_next;
	uint64_t		posts[SVNIC_POST_BATCH];
	struct svnic_rx_cmpl	cmpls[SVNIC_CMPL_BATCH];
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

/* ---- The scheduler (sched.c, rate.c, wheel.c) ---- */

#define SVNIC_WHEEL_SLOTS	64

/**
 * struct svnic_node - a place for a vport in a wheel
 * @next: in the slot, a ring
 * @prev: in the slot, a ring
 * @fn: the vport's function
 * @wheel: NULL if it is in none
 * @at: the slot that it wants
 * @slot: the one that it has, in the wheel's array
 */
struct svnic_node {
	struct svnic_node	*next;
	struct svnic_node	*prev;
	struct svnic_fn		*fn;
	struct svnic_wheel	*wheel;
	uint64_t		at;
	uint8_t			slot;
};

/**
 * struct svnic_wheel - vports in the order of a number
 * @pos: slot where the wheel is, counted from the start of time
 * @used: slots that are not empty
 * @slot: first of each slot
 */
struct svnic_wheel {
	uint64_t		pos;
	uint64_t		used;
	struct svnic_node	*slot[SVNIC_WHEEL_SLOTS];
};

/* Fraction of a clock, bits. */
#define SVNIC_CLOCK_SHIFT	20

/**
 * struct svnic_clock - time that is driven by octets sent
 * @at: the time
 * @part: fraction
 */
struct svnic_clock {
	uint64_t	at;
	uint32_t	part;
};

enum svnic_line_kind {
	SVNIC_LINE_ANY		= 0,	/* next frame not known */
	SVNIC_LINE_WIRE,		/* next frame goes to the wire */
	SVNIC_LINES,
};

/* Ranks: the priorities, and above them who has not had its share. */
#define SVNIC_RANK_SHARE	SVNIC_RATE_PRIORITIES
#define SVNIC_RANKS		(SVNIC_RANK_SHARE + 1)

/**
 * struct svnic_line - vports that want to send
 * @ranks: bitmap of those that are not empty
 * @rank: by virtual time
 */
struct svnic_line {
	uint32_t		ranks;
	struct svnic_wheel	rank[SVNIC_RANKS];
};

/**
 * struct svnic_vport_sched - a vport as the scheduler sees it
 * @queues: by line: pairs that wait for a turn
 * @first: pair to look at first
 * @priority: as set
 * @cost: virtual time of an octet
 * @max_cost: time of an octet at the bound, 0 without
 * @share_cost: time of an octet at the guarantee, 0 without
 * @max: the bound's clock: nothing more is sent while it is ahead
 * @share: the guarantee's clock: the vport is owed something while it is not
 * @had: by line and whether it was owed: virtual time
 * @node: by line: its place there
 * @timer: among the timers
 */
struct svnic_vport_sched {
	uint32_t		queues[SVNIC_LINES];
	uint8_t			first;
	uint8_t			priority;
	uint32_t		cost;
	uint64_t		max_cost;
	uint64_t		share_cost;
	struct svnic_clock	max;
	struct svnic_clock	share;
	struct svnic_clock	had[SVNIC_LINES][2];
	struct svnic_node	node[SVNIC_LINES];
	struct svnic_node	timer;
};

/**
 * struct svnic_sched - the scheduler
 * @line: lines
 * @lined: places taken in all of them
 * @timers: vports to be looked at when it is time
 * @wire: the wire's clock: it has room while that is not ahead
 * @wire_cost: time of an octet on the wire, 0 without a speed
 * @wire_turns: turns of the line for the wire since that refused a frame
 * @turn: whose turn it is, or NULL
 * @turn_line: the line it came from
 * @turn_owed: because of its share
 * @turn_wire: the last frame went to the wire
 * @turn_octets: sent in this turn
 * @turn_quantum: octets after which it ends
 */
struct svnic_sched {
	struct svnic_line	line[SVNIC_LINES];
	uint32_t		lined;
	struct svnic_wheel	timers;
	struct svnic_clock	wire;
	uint64_t		wire_cost;
	uint32_t		wire_turns;
	struct svnic_fn		*turn;
	uint8_t			turn_line;
	bool			turn_owed;
	bool			turn_wire;
	uint32_t		turn_octets;
	uint32_t		turn_quantum;
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

/**
 * struct svnic_headers - what the parser found (parse.c)
 * @type: enum svnic_ptype
 * @l3: offset of the IP header
 * @l4: offset of the TCP or UDP header, 0 if @type has none
 * @l4_len: octets from @l4 to the end of the IP packet
 * @pad: octets behind the IP packet
 * @ip_bad: IPv4 header checksum is wrong
 */
struct svnic_headers {
	uint8_t		type;
	uint8_t		ip_bad;
	uint16_t	l3;
	uint16_t	l4;
	uint32_t	l4_len;
	uint32_t	pad;
};

enum svnic_verdict {
	SVNIC_CSUM_UNKNOWN	= 0,	/* not looked yet */
	SVNIC_CSUM_NONE,		/* nothing to verify */
	SVNIC_CSUM_OK,
	SVNIC_CSUM_BAD,
};

/**
 * struct svnic_pkt - a frame on its way, as it is on the wire
 * @data: octets; writable only if @owned
 * @len: octets
 * @csum_start: as in struct svnic_frame, valid if @csum_partial
 * @csum_offset: as in struct svnic_frame, valid if @csum_partial
 * @gso_size: payload of a segment if still to be split, else 0
 * @hdr_len: octets of all headers, with @gso_size
 * @l3_start: where the IP header starts, with @gso_size
 * @vlan: class of the outer tag, see svnic_vlan_class()
 * @csum_partial: the L4 checksum is to be finished
 * @owned: @data lies in a buffer of the core, SVNIC_HEADROOM before it
 * @parsed: @hdr is valid
 * @verdict: enum svnic_verdict
 * @hdr: what the parser found
 */
struct svnic_pkt {
	uint8_t			*data;
	uint32_t		len;
	uint16_t		csum_start;
	uint16_t		csum_offset;
	uint16_t		gso_size;
	uint16_t		hdr_len;
	uint16_t		l3_start;
	uint16_t		vlan;
	uint8_t			csum_partial;
	uint8_t			owned;
	uint8_t			parsed;
	uint8_t			verdict;
	struct svnic_headers	hdr;
};

/**
 * struct svnic_group - vports that share a key of the forwarding table
 * @key: the key
 * @hash_next: next group of the bucket, or of the free ones
 * @first: first member
 */
struct svnic_group {
	uint64_t	key;
	uint32_t	hash_next;
	uint32_t	first;
};

/**
 * struct svnic_mac_link - where a group of a unicast address is in the bucket
 *	of the address; apart from the group, for no frame needs it
 * @next: next group of the bucket
 * @prev: previous group of the bucket
 */
struct svnic_mac_link {
	uint32_t	next;
	uint32_t	prev;
};

/**
 * struct svnic_member - a vport in a group
 * @group: the group
 * @next: next member of the group
 * @prev: previous member of the group
 * @vport_next: next entry of the vport
 * @vport_prev: previous entry of the vport
 * @vport: the vport
 * @kind: enum svnic_fdb_kind
 */
struct svnic_member {
	uint32_t	group;
	uint32_t	next;
	uint32_t	prev;
	uint32_t	vport_next;
	uint32_t	vport_prev;
	uint16_t	vport;
	uint8_t		kind;
};

/* Why a vport has an entry; the last three come from its flags. */
enum svnic_fdb_kind {
	SVNIC_FDB_FILTER	= 0,
	SVNIC_FDB_STATION,
	SVNIC_FDB_BCAST,
	SVNIC_FDB_ALLMULTI,
	SVNIC_FDB_PROMISC,
};

/**
 * struct svnic_fdb - forwarding table: (VLAN space, address) to vports
 * @group: groups
 * @mac_link: of each group
 * @member: members, as many as groups
 * @bucket: first group by hash of the key
 * @mac_bucket: first group by hash of the address alone
 * @mask: number of buckets less one
 * @group_free: first free group
 * @member_free: first free member
 * @promiscs: vports with PROMISC
 * @allmultis: vports with ALLMULTI
 * @seed: of the hash
 */
struct svnic_fdb {
	struct svnic_group	*group;
	struct svnic_mac_link	*mac_link;
	struct svnic_member	*member;
	uint32_t		*bucket;
	uint32_t		*mac_bucket;
	uint32_t		mask;
	uint32_t		group_free;
	uint32_t		member_free;
	uint32_t		promiscs;
	uint32_t		allmultis;
	uint64_t		seed;
};

/**
 * struct svnic_core - the NIC
 * @config: size
 * @ops: calls of the host
 * @host: first argument of these
 * @fn: functions
 * @fns: their number
 * @qps: all queue pairs
 * @dbs: all doorbells
 * @vecs: all vectors
 * @num_vfs: VFs that exist
 * @work: functions with doorbells rung or other work
 * @awake: svnic_core_run() is under way and will see new work
 * @busy: a call of the host is under way: host memory may lie in our BAR
 * @kicked: the host was kicked for received frames
 * @link_up: the port's link
 * @wire_busy: the wire took no frame in this run
 * @pf: what only the PF has
 * @sched: who sends next
 * @dirty: queues with completions to write
 * @heap: vectors with news, soonest due first
 * @heap_n: their number
 * @now: time at the start of the round
 * @mark: frames switched
 * @cost: of all that was done so far
 * @spent: what @cost may be until the turn ends
 * @to: receivers of the frame that is switched
 * @to_n: their number
 * @to_owner: a vport owns its destination, the sender perhaps
 * @wire_copy: how far the frame from the wire got to its receivers
 * @fdb: forwarding table
 * @mac_pool: address filters promised to VFs
 * @vlan_pool: VLAN filters promised to VFs
 * @share_pool: sum of all guarantees
 * @txd: transmit descriptors of the queue whose turn it is
 * @txbuf: the frame being sent
 * @rxbuf: the frame from the wire, if it has to be changed
 * @segbuf: a segment of one of these
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

/* ---- Little endian fields on hosts of any order ---- */

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define svnic_le16(v)	__builtin_bswap16(v)
#define svnic_le32(v)	__builtin_bswap32(v)
#define svnic_le64(v)	__builtin_bswap64(v)
#define svnic_be16(v)	((uint16_t)(v))
#define svnic_be32(v)	((uint32_t)(v))
#else
#define svnic_le16(v)	((uint16_t)(v))
#define svnic_le32(v)	((uint32_t)(v))
#define svnic_le64(v)	((uint64_t)(v))
#define svnic_be16(v)	__builtin_bswap16(v)
#define svnic_be32(v)	__builtin_bswap32(v)
#endif

static inline uint16_t svnic_get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void svnic_put_be16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static inline uint32_t svnic_get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static inline void svnic_put_be32(uint8_t *p, uint32_t v)
{
	svnic_put_be16(p, v >> 16);
	svnic_put_be16(p + 2, v & 0xffff);
}

/* Section 4.5: does an index that goes from @old to @new pass @event? */
static inline bool svnic_passes(uint32_t event, uint32_t old, uint32_t new)
{
	return new - event - 1 < new - old;
}

static inline bool svnic_pow2(uint32_t n)
{
	return n && !(n & (n - 1));
}

static inline void svnic_set_add(struct svnic_set *set, unsigned int n)
{
	set->word[n / 64] |= 1ULL << (n % 64);
}

static inline bool svnic_set_has(const struct svnic_set *set, unsigned int n)
{
	return set->word[n / 64] & 1ULL << (n % 64);
}

static inline void svnic_set_del(struct svnic_set *set, unsigned int n)
{
	set->word[n / 64] &= ~(1ULL << (n % 64));
}

/* A turn begins, or what is like one. */
static inline void svnic_turn_begin(struct svnic_core *core)
{
	core->spent = core->cost + SVNIC_TURN_COST;
}

/* Did the turn cost as much as one may? */
static inline bool svnic_turn_spent(const struct svnic_core *core)
{
	return core->cost >= core->spent;
}

/* What the turn has cost so far. */
static inline uint64_t svnic_turn_cost(const struct svnic_core *core)
{
	return core->cost - (core->spent - SVNIC_TURN_COST);
}

/* Has the wire room for a frame, as far as is known? */
static inline bool svnic_wire_open(const struct svnic_core *core)
{
	return !core->wire_busy && core->sched.wire.at <= core->now;
}

static inline bool svnic_evq_size_ok(uint32_t size)
{
	return svnic_pow2(size) && size >= 1u << SVNIC_EVQ_MIN_LOG2 &&
	       size <= 1u << SVNIC_EVQ_MAX_LOG2;
}

/* Is there a tag at 12? */
static inline bool svnic_tagged(const uint8_t *data)
{
	uint16_t proto = svnic_get_be16(data + SVNIC_ETH_ADDRS);

	return proto == SVNIC_ETHERTYPE_VLAN || proto == SVNIC_ETHERTYPE_AD;
}

/* The next member from @turn on, round robin; SVNIC_NONE if it is empty. */
uint32_t svnic_set_next(const struct svnic_set *set, uint16_t *turn);

static inline bool svnic_fn_has(const struct svnic_fn *fn, uint64_t feature)
{
	return fn->s.features & feature;
}

/* core.c */
void svnic_log(struct svnic_core *core, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void svnic_core_work(struct svnic_core *core, struct svnic_fn *fn,
		     uint32_t work);
void svnic_core_rx_kick(struct svnic_core *core);
bool svnic_fn_exists(struct svnic_core *core, unsigned int id);

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

/* fn.c */
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
void svnic_qp_ctrl(struct svnic_qp *qp, uint32_t ctrl);
void svnic_qp_fail(struct svnic_core *core, struct svnic_qp *qp,
		   enum svnic_half half, enum svnic_error error);
void svnic_qp_rung(struct svnic_core *core, struct svnic_qp *qp,
		   enum svnic_half half);
void svnic_qp_arm(struct svnic_core *core, struct svnic_qp *qp,
		  enum svnic_half half);
bool svnic_qp_read_state(struct svnic_core *core, struct svnic_qp *qp);

/* wheel.c */
void svnic_wheel_add(struct svnic_wheel *wheel, struct svnic_node *node,
		     uint64_t at);
void svnic_wheel_del(struct svnic_node *node);
struct svnic_node *svnic_wheel_pop(struct svnic_wheel *wheel, uint64_t last);
uint64_t svnic_wheel_next(const struct svnic_wheel *wheel);

/* rate.c */
void svnic_clock_add(struct svnic_clock *clock, uint64_t octets,
		     uint64_t cost);
void svnic_rate_idle(struct svnic_core *core, struct svnic_vport_sched *sched);
void svnic_rate_sent(struct svnic_core *core, struct svnic_vport_sched *sched,
		     uint64_t octets, bool owed);
void svnic_rate_wire(struct svnic_core *core, uint64_t octets);
void svnic_rate_init(struct svnic_core *core);
void svnic_rate_defaults(struct svnic_core *core, struct svnic_fn *fn);
enum svnic_error svnic_rate_set(struct svnic_core *core, struct svnic_fn *fn,
				const struct svnic_vport_rate *rate);
void svnic_rate_get(const struct svnic_fn *fn, struct svnic_vport_rate *rate);

/* sched.c */
void svnic_sched_ready(struct svnic_core *core, struct svnic_qp *qp);
void svnic_sched_wait_wire(struct svnic_core *core, struct svnic_qp *qp);
void svnic_sched_forget(struct svnic_qp *qp);
void svnic_sched_change(struct svnic_core *core, struct svnic_fn *fn,
			unsigned int priority, uint32_t cost);
bool svnic_sched_pending(const struct svnic_core *core);
struct svnic_qp *svnic_sched_next(struct svnic_core *core);
bool svnic_sched_sent(struct svnic_core *core, uint32_t octets, bool wire);
void svnic_sched_end(struct svnic_core *core);
void svnic_sched_expire(struct svnic_core *core);
uint64_t svnic_sched_deadline(const struct svnic_core *core);

/* tx.c */
void svnic_tx_next(struct svnic_qp *qp);
void svnic_tx_turn(struct svnic_core *core, struct svnic_qp *qp);

/* packet.c */
void svnic_pkt_own(struct svnic_core *core, struct svnic_pkt *pkt);
void svnic_pkt_push_tag(struct svnic_pkt *pkt, uint16_t proto, uint16_t tci);
void svnic_pkt_pop_tag(struct svnic_pkt *pkt);
uint64_t svnic_pkt_wire_len(const struct svnic_pkt *pkt);

/* rx.c */
bool svnic_rx_takes_whole(const struct svnic_fn *fn,
			  const struct svnic_pkt *pkt);
void svnic_rx_vport(struct svnic_core *core, struct svnic_fn *fn,
		    struct svnic_pkt *pkt);
void svnic_rx_flush(struct svnic_core *core, struct svnic_qp *qp);
void svnic_rx_flush_all(struct svnic_core *core);

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

/* fdb.c */
#define SVNIC_VLAN_TRUNK	0x3fff	/* space of vports with no port VLAN */
bool svnic_fdb_init(struct svnic_core *core);
void svnic_fdb_free(struct svnic_core *core);
uint16_t svnic_fdb_space(const struct svnic_vport_state *vport);
uint64_t svnic_fdb_key(uint16_t space, const uint8_t *mac);
uint64_t svnic_fdb_key_kind(uint16_t space, enum svnic_fdb_kind kind);
uint32_t svnic_fdb_find(const struct svnic_fdb *fdb, uint64_t key);
bool svnic_fdb_has(struct svnic_core *core, const struct svnic_fn *fn,
		   const uint8_t *mac, enum svnic_fdb_kind kind);
bool svnic_fdb_foreign(struct svnic_core *core, const struct svnic_fn *fn,
		       const uint8_t *mac);
void svnic_fdb_take(struct svnic_core *core, const struct svnic_fn *fn,
		    const uint8_t *mac);
void svnic_fdb_add(struct svnic_core *core, struct svnic_fn *fn,
		   const uint8_t *mac, enum svnic_fdb_kind kind);
bool svnic_fdb_del(struct svnic_core *core, struct svnic_fn *fn,
		   const uint8_t *mac, enum svnic_fdb_kind kind);
void svnic_fdb_del_kind(struct svnic_core *core, struct svnic_fn *fn,
			enum svnic_fdb_kind kind);
void svnic_fdb_del_unicast(struct svnic_core *core, struct svnic_fn *fn,
			   bool shared);
void svnic_fdb_move(struct svnic_core *core, struct svnic_fn *fn);

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

/* parse.c */
uint16_t svnic_vlan_class(const uint8_t *data, uint32_t len);
void svnic_parse(struct svnic_pkt *pkt);
bool svnic_parse_gso(struct svnic_core *core, struct svnic_pkt *pkt);

/* csum.c */
uint32_t svnic_csum_add(uint32_t sum, const uint8_t *p, size_t len);
uint16_t svnic_csum_fold(uint32_t sum);
uint32_t svnic_csum_pseudo(const uint8_t *data,
			   const struct svnic_headers *hdr);
void svnic_csum_store(uint8_t *field, uint32_t sum);
void svnic_csum_ip(uint8_t *ip);
void svnic_csum_complete(struct svnic_pkt *pkt);
void svnic_csum_verify(struct svnic_pkt *pkt);

/* rss.c */
uint32_t svnic_rss_hash(struct svnic_fn *fn, const struct svnic_pkt *pkt,
			enum svnic_ptype *type);

/* segment.c */
uint32_t svnic_segment_count(const struct svnic_pkt *pkt);
void svnic_segment(struct svnic_core *core, const struct svnic_pkt *pkt,
		   uint32_t index, struct svnic_pkt *seg);

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

/* irq.c */
void svnic_irq_queue(struct svnic_core *core, struct svnic_qp *qp,
		     enum svnic_half half, uint32_t frames);
void svnic_irq_events(struct svnic_core *core, struct svnic_fn *fn);
void svnic_irq_cancel(struct svnic_core *core, struct svnic_fn *fn);
void svnic_irq_expire(struct svnic_core *core);
uint64_t svnic_irq_next(const struct svnic_core *core);

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

/* mailbox.c */
void svnic_mbx_start(struct svnic_core *core);
void svnic_mbx_request(struct svnic_core *core, struct svnic_fn *fn,
		       uint32_t len);
bool svnic_mbx_deliver(struct svnic_core *core, struct svnic_fn *fn);
enum svnic_error svnic_mbx_reply(struct svnic_core *core, struct svnic_fn *fn,
				 uint32_t seq, const void *msg, uint32_t len);
void svnic_mbx_cancel(struct svnic_core *core, struct svnic_fn *fn);

#endif /* SVNIC_CORE_PRIV_H */
