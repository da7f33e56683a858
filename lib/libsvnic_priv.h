/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsvnic: internal declarations of lib/. The interface for pf/ and vf/, and
 * the locking rules, are in libsvnic.h.
 */
#ifndef _LIBSVNIC_PRIV_H
#define _LIBSVNIC_PRIV_H

#include <net/xdp.h>

#include "libsvnic.h"

struct page_pool;

#define LIBSVNIC_RING_MIN	64U	/* descriptors, postings */
#define LIBSVNIC_EVQ_SIZE	256	/* events */

/* The stack reports a transmit queue that makes no progress for so long. */
#define LIBSVNIC_TX_TIMEOUT	(10 * HZ)

/*
 * Longest receive buffer. A frame of usual length wastes little of it, and the
 * largest coalesced frame fits into as many buffers as an skb has fragments.
 */
#define LIBSVNIC_BUF_MAX	SZ_4K

/* Received frames up to this are copied, bytes. */
#define LIBSVNIC_RX_COPY	256

/* Memory of a receive buffer with its head and tail room for XDP, bytes. */
#define LIBSVNIC_XDP_TRUESIZE	SZ_4K

/* A longer frame is cheaper to map than to copy, bytes. */
#define LIBSVNIC_TX_INLINE	128U

/**
 * struct libsvnic_tx_slot - driver's state of a transmit descriptor
 * @skb: skb to free with this slot, set in the last slot of a frame
 * @xdpf: the same of a frame of XDP
 * @dma: DMA address of the piece
 * @len: bytes of the piece; 0 if nothing is mapped, which is so for a context
 *	and for a frame in the ring
 * @entries: ring entries of the descriptor; more than 1 if a frame follows it
 *	in the ring, whose entries have no slots in use
 * @xdp: the frame is @xdpf; false again when the frame has been returned
 */
struct libsvnic_tx_slot {
	union {
		struct sk_buff		*skb;
		struct xdp_frame	*xdpf;
	};
	dma_addr_t	dma;
	u16		len;
	u8		entries;
	bool		xdp;
};

/**
 * struct libsvnic_restarts - restarts of a queue that failed
 * @last: time of the last restart, jiffies; valid if @count is not 0
 * @count: recent restarts; starts again after the queue ran without a failure
 *	for LIBSVNIC_RESTART_CALM
 */
struct libsvnic_restarts {
	unsigned long	last;
	unsigned int	count;
};

/**
 * struct libsvnic_txq - a transmit queue
 * @desc: descriptors, shared with the device
 * @slots: driver's state of each descriptor
 * @state: state block, shared with the device and the receive queue
 * @db: doorbell
 * @nq: the stack's queue; NULL if this is a ring for XDP alone, which the stack
 *	does not know
 * @mask: size - 1
 * @prod: free-running index of the next descriptor to fill; written by xmit
 * @kicked: @prod at the last decision about the doorbell; written by xmit
 * @syncp: makes @stats readable on 32 bit machines
 * @stats: counters of xmit, under @syncp
 * @cons: free-running index of the next slot to clean; written by NAPI
 * @clean_syncp: makes @clean_stats readable on 32 bit machines
 * @next: next transmit queue of the same vector
 * @fn: the function
 * @xdp: XDP sends from the ring, alone or beside the stack
 * @clean_stats: counters of NAPI, under @clean_syncp
 * @vector: vector that polls the queue
 * @index: number of the queue, and of its block of registers
 * @desc_dma: bus address of @desc
 * @state_dma: bus address of @state
 * @restarts: recent restarts
 * @lock: serialises senders in a ring for XDP alone; in others the stack's lock
 *	of @nq does
 * @closed: XDP may send nothing, because not all queues run; under the lock
 *
 * xmit writes to the first cache lines, NAPI to the next.
 */
struct libsvnic_txq {
	struct svnic_tx_desc		*desc;
	struct libsvnic_tx_slot		*slots;
	struct svnic_queue_state	*state;
	void __iomem			*db;
	struct netdev_queue		*nq;
	u32				mask;
	u32				prod;
	u32				kicked;
	struct u64_stats_sync		syncp;
	struct libsvnic_tx_stats	stats;

	u32				cons ____cacheline_aligned_in_smp;
	struct u64_stats_sync		clean_syncp;
	struct libsvnic_txq		*next;
	struct libsvnic_fn		*fn;
	bool				xdp;
	struct libsvnic_tx_stats	clean_stats;
	struct libsvnic_vector		*vector;
	unsigned int			index;
	dma_addr_t			desc_dma;
	dma_addr_t			state_dma;
	struct libsvnic_restarts	restarts;
	spinlock_t			lock;	/* senders of XDP */
	bool				closed;
};

/**
 * struct libsvnic_rx_buf - a receive buffer
 * @page: page of the queue's pool, NULL if the slot has no buffer
 * @data: address of the buffer in the page
 */
struct libsvnic_rx_buf {
	struct page	*page;
	void		*data;
};

/* Frames that XDP sends are collected, and sent together. */
#define LIBSVNIC_XDP_BULK	16

/**
 * struct libsvnic_xdp - what a receive queue with an XDP program has
 * @rxq: what the program is told of the queue
 * @buff: the frame that is received
 * @rx: the queue
 * @tx: ring for frames that the program sends
 * @bulk: frames to send
 * @count: entries of @bulk
 * @redirected: there are frames to flush
 */
struct libsvnic_xdp {
	struct xdp_rxq_info	rxq;
	struct xdp_buff		buff;
	struct libsvnic_rxq	*rx;
	struct libsvnic_txq	*tx;
	struct xdp_frame	*bulk[LIBSVNIC_XDP_BULK];
	unsigned int		count;
	bool			redirected;
};

/**
 * enum libsvnic_rx_part - what a receive queue does with the next buffer
 * @LIBSVNIC_RX_FIRST: a frame begins in it
 * @LIBSVNIC_RX_NEXT: the frame that has begun goes on
 * @LIBSVNIC_RX_SKIP: it belongs to a frame that is dropped, if it has no SOP
 */
enum libsvnic_rx_part {
	LIBSVNIC_RX_FIRST,
	LIBSVNIC_RX_NEXT,
	LIBSVNIC_RX_SKIP,
};

/**
 * struct libsvnic_rxq - a receive queue: a ring and its completions
 * @cmpl: completions, shared with the device
 * @bufs: the buffer of each posting
 * @pool: page pool of the buffers
 * @napi: NAPI of @vector
 * @netdev: the netdev
 * @mask: size - 1, of postings and of completions
 * @prod: free-running index of the next posting
 * @cons: free-running index of the next completion
 * @part: what is done with the buffer that completes next
 * @copy_span: frames shorter than ETH_HLEN + this are copied, bytes; 0 with a
 *	program
 * @skb: frame that has begun, without a program
 * @index: number of the queue, and of its block of registers
 * @desc: postings, shared with the device
 * @state: state block, shared with the device and the transmit queue
 * @db: doorbell
 * @fn: the function
 * @next: next receive queue of the same vector
 * @xdp: state of XDP, NULL if the queue is not made for a program
 * @kicked: @prod at the last decision about the doorbell
 * @holes: slots without a buffer
 * @sop: completion of the first buffer of the frame
 * @buf_size: bytes of a buffer that the device may fill
 * @headroom: bytes of a buffer before the part that the device may fill
 * @truesize: bytes of memory that a buffer takes
 * @prog: the XDP program; NULL with @xdp if it was detached without new queues
 * @stats: counters, under @syncp
 * @syncp: makes @stats readable on 32 bit machines
 * @vector: vector that polls the queue
 * @desc_dma: bus address of @desc
 * @cmpl_dma: bus address of @cmpl
 * @state_dma: bus address of @state
 * @restarts: recent restarts
 *
 * The first cache line has the members that are accessed for each short frame.
 */
struct libsvnic_rxq {
	struct svnic_rx_cmpl		*cmpl;
	struct libsvnic_rx_buf		*bufs;
	struct page_pool		*pool;
	struct napi_struct		*napi;
	struct net_device		*netdev;
	u32				mask;
	u32				prod;
	u32				cons;
	u8				part;
	size_t				copy_span;

	struct sk_buff			*skb;
	unsigned int			index;
	struct svnic_rx_desc		*desc;
	struct svnic_queue_state	*state;
	void __iomem			*db;
	struct libsvnic_fn		*fn;
	struct libsvnic_rxq		*next;
	struct libsvnic_xdp		*xdp;
	u32				kicked;
	u32				holes;
	struct svnic_rx_cmpl		sop;
	u32				buf_size;
	u32				headroom;
	u32				truesize;
	struct bpf_prog			*prog;

	struct libsvnic_rx_stats	stats ____cacheline_aligned_in_smp;
	struct u64_stats_sync		syncp;
	struct libsvnic_vector		*vector;
	dma_addr_t			desc_dma;
	dma_addr_t			cmpl_dma;
	dma_addr_t			state_dma;
	struct libsvnic_restarts	restarts;
};

/**
 * struct libsvnic_vector - a NAPI, its interrupt, and the queues that it polls
 * @napi: NAPI
 * @fn: the function
 * @tx: transmit queues that it polls, linked by their @next
 * @rx: receive queues that it polls, likewise
 * @rx_share: budget of each receive queue in a poll, frames
 * @index: number of the vector, and of its NAPI
 * @msix: MSI-X vector; 0 if it shares the vector of the event ring
 * @irq_name: name in /proc/interrupts
 *
 * Queues are added and removed while the vector polls. A removed queue is not
 * accessed any more after synchronize_net().
 */
struct libsvnic_vector {
	struct napi_struct		napi;
	struct libsvnic_fn		*fn;
	struct libsvnic_txq		*tx;
	struct libsvnic_rxq		*rx;
	int				rx_share;
	unsigned int			index;
	unsigned int			msix;
	char				irq_name[IFNAMSIZ + 12];
};

/**
 * struct libsvnic_queues - the queues of one configuration
 * @cfg: the configuration
 * @vectors: number of vectors
 * @txqs: number of transmit queues: cfg.pairs of the stack, then those of XDP
 * @xdp: the queues are made for a program, which @cfg may have no more
 * @states: state blocks, one for each transmit queue and the receive queue of
 *	the same number, shared with the device
 * @states_dma: bus address of @states
 * @vector: the vectors
 * @txq: the transmit queues
 * @rxq: the receive queues, cfg.pairs of them
 *
 * A state block belongs to a block of registers, which has a transmit half and
 * a receive half (spec 4.1). The device accesses it as long as either half
 * runs, so the state blocks are allocated before the queues and freed after
 * them. One page holds those of all queues.
 */
struct libsvnic_queues {
	struct libsvnic_cfg		cfg;
	unsigned int			vectors;
	unsigned int			txqs;
	bool				xdp;
	struct svnic_queue_state	*states;
	dma_addr_t			states_dma;
	struct libsvnic_vector		*vector[LIBSVNIC_PAIRS_MAX];
	struct libsvnic_txq		*txq[LIBSVNIC_PAIRS_MAX];
	struct libsvnic_rxq		*rxq[LIBSVNIC_PAIRS_MAX];
};

/* Queue pairs to use: those wanted, limited by the grant if it is known. */
static inline u32 libsvnic_pairs(const struct libsvnic_fn *fn)
{
	return min_not_zero(fn->cfg.pairs, fn->limits.pairs);
}

/* Queue pairs that run, or would run if the interface were opened. */
static inline u32 libsvnic_pairs_now(const struct libsvnic_fn *fn)
{
	return fn->state == LIBSVNIC_UP ? fn->queues->cfg.pairs :
					  libsvnic_pairs(fn);
}

/* Length of a receive buffer: the longest that driver and device allow. */
static inline u32 libsvnic_buf_size(const struct libsvnic_limits *limits)
{
	return round_down(min(LIBSVNIC_BUF_MAX, limits->buf_max), 64);
}

/* Has index passed event on its way from old to new? (spec 4.5) */
static inline bool libsvnic_passed(u32 event, u32 new, u32 old)
{
	return (u32)(new - event - 1) < (u32)(new - old);
}

/* Length of a frame with this MTU; two VLAN tags do not count (spec 5.5). */
static inline u16 libsvnic_frame_len(unsigned int mtu)
{
	return mtu + ETH_HLEN;
}

/* Is the function enabled and attached, with or without a netdev? */
static inline bool libsvnic_fn_is_up(const struct libsvnic_fn *fn)
{
	return fn->evq.ring;
}

/* State of the VLANs of a protocol. */
static inline struct libsvnic_vlans *
libsvnic_vlans(struct libsvnic_filters *filters, u16 proto)
{
	return proto == ETH_P_8021AD ? &filters->stags : &filters->ctags;
}

/* Most that a function uses: the PF may use what the VFs are not granted. */
#define LIBSVNIC_FLOW_RULES	256U
#define LIBSVNIC_RSS_CONTEXTS	64U

/**
 * struct libsvnic_rss_ctx - an RSS context, in the private data of ethtool's
 * @node: in the list of struct libsvnic_flows
 * @id: number in ethtool and in the device
 * @rss: receive side scaling
 */
struct libsvnic_rss_ctx {
	struct list_head	node;
	u16			id;
	struct libsvnic_rss	rss;
};

/**
 * struct libsvnic_rule - a flow rule
 * @fs: rule as ethtool has it; its location is the number in the device
 * @context: RSS context, with FLOW_RSS
 */
struct libsvnic_rule {
	struct ethtool_rx_flow_spec	fs;
	u32				context;
};

/* fn.c: function bring-up */
#if IS_ENABLED(CONFIG_KUNIT)
int libsvnic_read_limits(struct libsvnic_fn *fn);
#endif

/* event.c: event ring */
int libsvnic_evq_start(struct libsvnic_fn *fn);
void libsvnic_evq_stop(struct libsvnic_fn *fn);

/* cmdq.c: command queue */
int libsvnic_cmdq_init(struct libsvnic_fn *fn);
void libsvnic_cmdq_free(struct libsvnic_fn *fn);
void libsvnic_cmdq_start(struct libsvnic_fn *fn);
void libsvnic_cmdq_stop(struct libsvnic_fn *fn);
void libsvnic_cmdq_event(struct libsvnic_fn *fn, const struct svnic_event *ev);

/* irq.c: MSI-X vectors */
int libsvnic_irq_grow(struct libsvnic_fn *fn, unsigned int nvec);
void libsvnic_irq_shrink(struct libsvnic_fn *fn, unsigned int nvec);
int libsvnic_event_irq_setup(struct libsvnic_fn *fn);
void libsvnic_event_irq_teardown(struct libsvnic_fn *fn);
unsigned int libsvnic_vectors(unsigned int pairs, unsigned int nvec);
unsigned int libsvnic_vector_of(unsigned int queue, unsigned int vectors);
unsigned int libsvnic_vector_msix(unsigned int index, unsigned int nvec);
int libsvnic_vector_irq_request(struct libsvnic_vector *vector);
void libsvnic_vector_irq_free(struct libsvnic_vector *vector);
void libsvnic_moderation_write(struct libsvnic_fn *fn,
			       const struct libsvnic_queues *queues);

/* vector.c: NAPI */
struct libsvnic_vector *libsvnic_vector_alloc(struct libsvnic_fn *fn,
					      unsigned int index);
int libsvnic_vector_start(struct libsvnic_vector *vector);
void libsvnic_vector_stop(struct libsvnic_vector *vector);
void libsvnic_vector_free(struct libsvnic_vector *vector);
void libsvnic_vector_kick(struct libsvnic_vector *vector);
void libsvnic_vector_add_tx(struct libsvnic_vector *vector,
			    struct libsvnic_txq *tx);
void libsvnic_vector_del_tx(struct libsvnic_vector *vector,
			    struct libsvnic_txq *tx);
void libsvnic_vector_add_rx(struct libsvnic_vector *vector,
			    struct libsvnic_rxq *rx);
void libsvnic_vector_del_rx(struct libsvnic_vector *vector,
			    struct libsvnic_rxq *rx);

/* queue.c: the four steps of one queue */
struct libsvnic_txq *libsvnic_txq_alloc(struct libsvnic_fn *fn,
					struct libsvnic_queues *queues,
					unsigned int index);
int libsvnic_txq_start(struct libsvnic_txq *tx);
void libsvnic_txq_close(struct libsvnic_txq *tx);
void libsvnic_txq_reopen(struct libsvnic_txq *tx);
bool libsvnic_txq_stop(struct libsvnic_txq *tx);
void libsvnic_txq_free(struct libsvnic_txq *tx);
struct libsvnic_rxq *libsvnic_rxq_alloc(struct libsvnic_fn *fn,
					struct libsvnic_queues *queues,
					unsigned int index);
int libsvnic_rxq_start(struct libsvnic_rxq *rx);
bool libsvnic_rxq_stop(struct libsvnic_rxq *rx);
void libsvnic_rxq_free(struct libsvnic_rxq *rx);
bool libsvnic_halves_stop(struct libsvnic_fn *fn, unsigned int index,
			  u32 halves);

/* queues.c: all queues of a configuration */
struct libsvnic_queues *libsvnic_queues_alloc(struct libsvnic_fn *fn,
					      const struct libsvnic_cfg *cfg);
int libsvnic_queues_start(struct libsvnic_fn *fn,
			  struct libsvnic_queues *queues);
void libsvnic_queues_stop(struct libsvnic_fn *fn,
			  struct libsvnic_queues *queues);
void libsvnic_queues_free(struct libsvnic_fn *fn,
			  struct libsvnic_queues *queues);

/* restart.c: queues that fail */
void libsvnic_restart_init(struct libsvnic_fn *fn);
bool libsvnic_queue_failed(struct libsvnic_fn *fn, unsigned int index, bool rx);
void libsvnic_queue_error(struct libsvnic_fn *fn, unsigned int index, bool rx);
void libsvnic_txq_hangs(struct libsvnic_txq *tx);
void libsvnic_queues_check(struct libsvnic_fn *fn);
#if IS_ENABLED(CONFIG_KUNIT)
long libsvnic_restart_pause(struct libsvnic_restarts *restarts,
			    unsigned long now);
#endif

/* tx.c, rx.c: the data path */
void libsvnic_tx_clean(struct libsvnic_txq *tx, int budget);
void libsvnic_tx_drain(struct libsvnic_txq *tx);
void libsvnic_tx_completed(struct libsvnic_txq *tx, unsigned int packets,
			   unsigned int bytes);
u32 libsvnic_tx_event(const struct libsvnic_txq *tx);
bool libsvnic_tx_pending(const struct libsvnic_txq *tx);
int libsvnic_rx_poll(struct libsvnic_rxq *rx, int budget);
bool libsvnic_rx_refill(struct libsvnic_rxq *rx);
bool libsvnic_rx_pending(const struct libsvnic_rxq *rx);
bool libsvnic_rx_rewind(struct libsvnic_rxq *rx);
void libsvnic_rx_drain(struct libsvnic_rxq *rx);
void libsvnic_rx_abort(struct libsvnic_rxq *rx, bool last, bool error);

/* xdp.c: programs, and the frames that they receive */
u32 libsvnic_xdp_buf_size(const struct libsvnic_limits *limits);
int libsvnic_xdp_rxq_init(struct libsvnic_rxq *rx,
			  const struct libsvnic_queues *queues);
void libsvnic_xdp_rxq_exit(struct libsvnic_rxq *rx);
struct sk_buff *libsvnic_xdp_piece(struct libsvnic_rxq *rx, u32 slot,
				   const struct svnic_rx_cmpl *cmpl, u32 info,
				   u32 len);
void libsvnic_xdp_discard(struct libsvnic_rxq *rx);
void libsvnic_xdp_flush(struct libsvnic_rxq *rx);
unsigned int libsvnic_xdp_mtu_max(const struct libsvnic_fn *fn,
				  const struct bpf_prog *prog);
extern const struct xdp_metadata_ops libsvnic_xdp_metadata_ops;

/* xdp_tx.c: the frames that XDP sends */
unsigned int libsvnic_xdp_txqs(const struct libsvnic_fn *fn,
			       const struct libsvnic_cfg *cfg);
int libsvnic_xdp_send(struct libsvnic_txq *tx, struct xdp_frame **frames,
		      int count, bool own, bool kick);
void libsvnic_xdp_clean(struct libsvnic_txq *tx, u32 end, int budget);
void libsvnic_xdp_close_one(struct libsvnic_txq *tx, bool closed);
void libsvnic_xdp_close(struct libsvnic_queues *queues, bool closed);
struct libsvnic_txq *libsvnic_xdp_txq(const struct libsvnic_queues *queues,
				      unsigned int sender);

/* netdev.c: netdev operations */
int libsvnic_reconfigure(struct libsvnic_fn *fn,
			 const struct libsvnic_cfg *cfg,
			 struct netlink_ext_ack *extack);
int libsvnic_reconfigure_rings(struct libsvnic_fn *fn, struct libsvnic_cfg *cfg,
			       struct netlink_ext_ack *extack);
void libsvnic_link_update(struct libsvnic_fn *fn);
void libsvnic_close(struct libsvnic_fn *fn, enum libsvnic_state state);

/* stats.c */
u64 libsvnic_hw_stat(struct libsvnic_fn *fn, unsigned int offset);
void libsvnic_stats_attach(struct libsvnic_fn *fn,
			   struct libsvnic_queues *queues);
void libsvnic_stats_keep_tx(struct libsvnic_txq *tx);
void libsvnic_stats_keep_rx(struct libsvnic_rxq *rx);
extern const struct netdev_stat_ops libsvnic_stat_ops;

/* filter.c: receive filters */
void libsvnic_filters_want(struct libsvnic_filters *filters,
			   const struct netdev_hw_addr_list *uc,
			   const struct netdev_hw_addr_list *mc);
unsigned int libsvnic_macs_granted(const struct libsvnic_filters *filters);
bool libsvnic_refused(int err);
int libsvnic_filters_apply(struct libsvnic_fn *fn);

/* sync.c: when receive filters are programmed */
void libsvnic_filters_init(struct libsvnic_fn *fn);
void libsvnic_filters_schedule(struct libsvnic_fn *fn);
void libsvnic_filters_replay(struct libsvnic_fn *fn);
void libsvnic_vlan_filter(struct libsvnic_fn *fn, bool on);
void libsvnic_vlans_known(struct libsvnic_fn *fn, u16 proto,
			  unsigned long *vids);

/* rss.c */
void libsvnic_rss_init(struct libsvnic_fn *fn);
void libsvnic_rss_spread(const struct libsvnic_fn *fn,
			 struct libsvnic_rss *rss);
void libsvnic_rss_set_pairs(struct libsvnic_fn *fn, u32 pairs);
u32 libsvnic_rss_ctrl(const struct libsvnic_rss *rss);
void libsvnic_rss_write(struct libsvnic_fn *fn);
struct libsvnic_rss *libsvnic_rss_find(struct libsvnic_fn *fn, u32 context);
u32 libsvnic_rss_top(const struct libsvnic_fn *fn,
		     const struct libsvnic_rss *rss);
int libsvnic_rss_change_ok(struct libsvnic_fn *fn, u32 context,
			   const struct ethtool_rxfh_param *rxfh,
			   struct netlink_ext_ack *extack);
bool libsvnic_rss_hfunc_ok(const struct ethtool_rxfh_param *rxfh,
			   struct netlink_ext_ack *extack);
void libsvnic_rss_take(const struct libsvnic_fn *fn, struct libsvnic_rss *rss,
		       const struct ethtool_rxfh_param *rxfh);
u32 libsvnic_get_rxfh_key_size(struct net_device *netdev);
u32 libsvnic_get_rxfh_indir_size(struct net_device *netdev);
int libsvnic_get_rxfh(struct net_device *netdev,
		      struct ethtool_rxfh_param *rxfh);
int libsvnic_set_rxfh(struct net_device *netdev,
		      struct ethtool_rxfh_param *rxfh,
		      struct netlink_ext_ack *extack);
int libsvnic_get_rxfh_fields(struct net_device *netdev,
			     struct ethtool_rxfh_fields *fields);
int libsvnic_set_rxfh_fields(struct net_device *netdev,
			     const struct ethtool_rxfh_fields *fields,
			     struct netlink_ext_ack *extack);

/* rss_ctx.c: RSS contexts */
struct libsvnic_rss_ctx *libsvnic_rss_ctx_find(struct libsvnic_fn *fn, u32 id);
int libsvnic_rss_ctx_write(struct libsvnic_fn *fn,
			   const struct libsvnic_rss_ctx *ctx);
int libsvnic_create_rxfh_context(struct net_device *netdev,
				 struct ethtool_rxfh_context *ctx,
				 const struct ethtool_rxfh_param *rxfh,
				 struct netlink_ext_ack *extack);
int libsvnic_modify_rxfh_context(struct net_device *netdev,
				 struct ethtool_rxfh_context *ctx,
				 const struct ethtool_rxfh_param *rxfh,
				 struct netlink_ext_ack *extack);
int libsvnic_remove_rxfh_context(struct net_device *netdev,
				 struct ethtool_rxfh_context *ctx,
				 u32 rss_context,
				 struct netlink_ext_ack *extack);

/* flow.c: flow rules */
void libsvnic_flow_init(struct libsvnic_fn *fn);
void libsvnic_flow_free(struct libsvnic_fn *fn);
int libsvnic_flow_read_grant(struct libsvnic_fn *fn);
void libsvnic_flow_sync(struct libsvnic_fn *fn);
void libsvnic_flow_flush(struct libsvnic_fn *fn);
u32 libsvnic_flow_offset(struct libsvnic_fn *fn, u32 context);
bool libsvnic_flow_names(struct libsvnic_fn *fn, u32 context);
u32 libsvnic_flow_pairs(struct libsvnic_fn *fn);
void libsvnic_flow_follow(struct libsvnic_fn *fn, u32 context);
int libsvnic_get_rxnfc(struct net_device *netdev, struct ethtool_rxnfc *nfc,
		       u32 *locations);
int libsvnic_set_rxnfc(struct net_device *netdev, struct ethtool_rxnfc *nfc);

/* flow_spec.c: flow rules of ethtool for the device */
int libsvnic_flow_convert(const struct ethtool_rx_flow_spec *fs,
			  struct svnic_flow_rule *rule);

/* port.c */
void libsvnic_get_eth_mac_stats(struct net_device *netdev,
				struct ethtool_eth_mac_stats *mac);
void libsvnic_get_eth_ctrl_stats(struct net_device *netdev,
				 struct ethtool_eth_ctrl_stats *ctrl);
void libsvnic_get_rmon_stats(struct net_device *netdev,
			     struct ethtool_rmon_stats *rmon,
			     const struct ethtool_rmon_hist_range **ranges);

/* reset.c: quiesce and restore, for all kinds of reset */
void libsvnic_reset_init(struct libsvnic_fn *fn);

/* ethtool.c */
u32 libsvnic_get_rx_ring_count(struct net_device *netdev);
extern const struct ethtool_ops libsvnic_ethtool_ops;

#endif /* _LIBSVNIC_PRIV_H */
