/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsvnic: what lib/ keeps to itself. What pf/ and vf/ call is in libsvnic.h,
 * which also says what protects what.
 */
#ifndef _LIBSVNIC_PRIV_H
#define _LIBSVNIC_PRIV_H

#include "libsvnic.h"

struct page_pool;

#define LIBSVNIC_RING_MIN	64U	/* descriptors, postings */
#define LIBSVNIC_EVQ_SIZE	256	/* events */

/* Above that many octets a frame is cheaper to map than to copy. */
#define LIBSVNIC_TX_INLINE	128U

/**
 * struct libsvnic_tx_slot - what is remembered of a transmit descriptor
 * @skb: to be freed with this slot: set in the last one of a frame
 * @dma: mapping of the piece
 * @len: octets of the piece, 0 if there is none: a context, a frame in the ring
 * @entries: of the ring, with the octets of a frame that lies there; their
 *	slots are not used
 */
struct libsvnic_tx_slot {
	struct sk_buff	*skb;
	dma_addr_t	dma;
	u16		len;
	u16		entries;
};

/**
 * struct libsvnic_tx_ring - a transmit ring
 * @desc: descriptors, shared with the device
 * @slots: what is remembered of each
 * @state: state block of the pair, shared with the device
 * @db: doorbell
 * @txq: the stack's queue
 * @mask: size - 1
 * @prod: free-running index of the next descriptor to make; xmit's
 * @kicked: @prod when the doorbell was last considered; xmit's
 * @syncp: makes @stats readable on 32 bit machines
 * @stats: what xmit counts, under @syncp
 * @cons: free-running index of the next slot to clean; NAPI's
 * @clean_syncp: makes @clean_stats readable on 32 bit machines
 * @clean_stats: what NAPI counts, under @clean_syncp
 * @desc_dma: bus address of @desc
 */
struct libsvnic_tx_ring {
	struct svnic_tx_desc		*desc;
	struct libsvnic_tx_slot		*slots;
	struct svnic_queue_state	*state;
	void __iomem			*db;
	struct netdev_queue		*txq;
	u32				mask;
	u32				prod;
	u32				kicked;
	struct u64_stats_sync		syncp;
	struct libsvnic_tx_stats	stats;

	u32				cons ____cacheline_aligned_in_smp;
	struct u64_stats_sync		clean_syncp;
	struct libsvnic_tx_stats	clean_stats;
	dma_addr_t			desc_dma;
};

/**
 * struct libsvnic_rx_buf - a receive buffer
 * @page: page of the ring's pool that it is in, NULL if the slot wants one
 * @data: where it is in memory
 */
struct libsvnic_rx_buf {
	struct page	*page;
	void		*data;
};

/**
 * struct libsvnic_rx_ring - a receive ring and its completions
 * @desc: postings, shared with the device
 * @cmpl: completions, shared with the device
 * @bufs: the buffer of each posting
 * @state: state block of the pair, shared with the device
 * @db: doorbell
 * @pool: where pages come from
 * @skb: frame whose last buffer has not come yet
 * @sop: completion of the first buffer of @skb
 * @mask: size - 1, of postings and of completions
 * @prod: free-running index of the next posting
 * @cons: free-running index of the next completion
 * @kicked: @prod when the doorbell was last considered
 * @holes: slots without a buffer
 * @truesize: octets of memory that a buffer takes
 * @skip: the rest of a damaged frame is being dropped
 * @stats: counters, under @syncp
 * @syncp: makes @stats readable on 32 bit machines
 * @desc_dma: bus address of @desc
 * @cmpl_dma: bus address of @cmpl
 */
struct libsvnic_rx_ring {
	struct svnic_rx_desc		*desc;
	struct svnic_rx_cmpl		*cmpl;
	struct libsvnic_rx_buf		*bufs;
	struct svnic_queue_state	*state;
	void __iomem			*db;
	struct page_pool		*pool;
	struct sk_buff			*skb;
	struct svnic_rx_cmpl		sop;
	u32				mask;
	u32				prod;
	u32				cons;
	u32				kicked;
	u32				holes;
	u32				truesize;
	bool				skip;

	struct libsvnic_rx_stats	stats ____cacheline_aligned_in_smp;
	struct u64_stats_sync		syncp;
	dma_addr_t			desc_dma;
	dma_addr_t			cmpl_dma;
};

/**
 * struct libsvnic_pair - a queue pair with its NAPI and vector
 * @napi: polls both rings
 * @fn: the function
 * @index: number of the pair
 * @vector: its MSI-X vector, @index + 1, or 0 if it shares that of the events
 * @tx: transmit ring
 * @rx: receive ring
 * @state: state block, shared with the device
 * @state_dma: bus address of @state
 * @irq_name: name in /proc/interrupts
 */
struct libsvnic_pair {
	struct napi_struct		napi;
	struct libsvnic_fn		*fn;
	unsigned int			index;
	unsigned int			vector;
	struct libsvnic_tx_ring		tx;
	struct libsvnic_rx_ring		rx;
	struct svnic_queue_state	*state;
	dma_addr_t			state_dma;
	char				irq_name[IFNAMSIZ + 12];
};

/**
 * struct libsvnic_rings - the rings of one configuration
 * @cfg: the configuration
 * @pair: its queue pairs, cfg.pairs of them
 */
struct libsvnic_rings {
	struct libsvnic_cfg	cfg;
	struct libsvnic_pair	*pair[];
};

/* Queue pairs wanted, as far as the grant is known and has them. */
static inline u32 libsvnic_pairs(const struct libsvnic_fn *fn)
{
	return min_not_zero(fn->cfg.pairs, fn->limits.pairs);
}

/* Has index passed event on its way from old to new? (spec 4.5) */
static inline bool libsvnic_passed(u32 event, u32 new, u32 old)
{
	return (u32)(new - event - 1) < (u32)(new - old);
}

/* Octets of a frame with this MTU; two tags do not count (spec 5.5). */
static inline u16 libsvnic_frame_len(unsigned int mtu)
{
	return mtu + ETH_HLEN;
}

/* Is the function enabled and attached, with or without a netdev? */
static inline bool libsvnic_fn_is_up(const struct libsvnic_fn *fn)
{
	return fn->evq.ring;
}

/* Where is remembered what becomes of the VLANs of a protocol. */
static inline struct libsvnic_vlans *
libsvnic_vlans(struct libsvnic_filters *filters, u16 proto)
{
	return proto == ETH_P_8021AD ? &filters->stags : &filters->ctags;
}

/* fn.c: function bring-up */
#if IS_ENABLED(CONFIG_KUNIT)
int libsvnic_read_limits(struct libsvnic_fn *fn);
#endif

/* event.c: event ring */
int libsvnic_evq_start(struct libsvnic_fn *fn);
void libsvnic_evq_stop(struct libsvnic_fn *fn);

/* irq.c: MSI-X vectors */
int libsvnic_irq_grow(struct libsvnic_fn *fn, unsigned int nvec);
void libsvnic_irq_shrink(struct libsvnic_fn *fn, unsigned int nvec);
int libsvnic_event_irq_take(struct libsvnic_fn *fn);
void libsvnic_event_irq_give(struct libsvnic_fn *fn);
int libsvnic_pair_irq_request(struct libsvnic_pair *pair);
void libsvnic_pair_irq_free(struct libsvnic_pair *pair);
void libsvnic_moderation_write(struct libsvnic_fn *fn,
			       const struct libsvnic_rings *rings);

/* rings.c: the four steps of the queues */
struct libsvnic_rings *libsvnic_rings_alloc(struct libsvnic_fn *fn,
					    const struct libsvnic_cfg *cfg);
void libsvnic_rings_free(struct libsvnic_fn *fn, struct libsvnic_rings *rings);
int libsvnic_rings_start(struct libsvnic_fn *fn, struct libsvnic_rings *rings);
void libsvnic_rings_stop(struct libsvnic_fn *fn, struct libsvnic_rings *rings);

/* tx.c, rx.c: the data path */
void libsvnic_tx_clean(struct libsvnic_pair *pair, int budget);
void libsvnic_tx_drain(struct libsvnic_pair *pair);
u32 libsvnic_tx_event(const struct libsvnic_tx_ring *tx);
bool libsvnic_tx_pending(const struct libsvnic_tx_ring *tx, u32 cons,
			 u32 event);
int libsvnic_rx_poll(struct libsvnic_pair *pair, int budget);
bool libsvnic_rx_refill(struct libsvnic_rx_ring *rx);
bool libsvnic_rx_pending(const struct libsvnic_rx_ring *rx, u32 index);
void libsvnic_rx_drain(struct libsvnic_pair *pair);

/* netdev.c: operations both drivers put into their tables */
int libsvnic_reconfigure(struct libsvnic_fn *fn,
			 const struct libsvnic_cfg *cfg,
			 struct netlink_ext_ack *extack);
void libsvnic_link_update(struct libsvnic_fn *fn);

/* stats.c */
u64 libsvnic_hw_stat(struct libsvnic_fn *fn, unsigned int offset);
void libsvnic_stats_attach(struct libsvnic_fn *fn,
			   struct libsvnic_rings *rings);
void libsvnic_stats_keep(struct libsvnic_fn *fn, struct libsvnic_pair *pair);
extern const struct netdev_stat_ops libsvnic_stat_ops;

/* filter.c: what the function receives */
void libsvnic_filters_want(struct libsvnic_filters *filters,
			   const struct netdev_hw_addr_list *uc,
			   const struct netdev_hw_addr_list *mc);
unsigned int libsvnic_macs_granted(const struct libsvnic_filters *filters);
bool libsvnic_refused(int err);
int libsvnic_filters_settle(struct libsvnic_fn *fn);

/* sync.c: when the device is told */
void libsvnic_filters_init(struct libsvnic_fn *fn);
void libsvnic_filters_soon(struct libsvnic_fn *fn);
void libsvnic_filters_replay(struct libsvnic_fn *fn);
void libsvnic_vlan_filter(struct libsvnic_fn *fn, bool on);
void libsvnic_vlans_known(struct libsvnic_fn *fn, u16 proto,
			  unsigned long *vids);

/* rss.c */
void libsvnic_rss_init(struct libsvnic_fn *fn);
void libsvnic_rss_spread(struct libsvnic_fn *fn, u32 pairs);
u32 libsvnic_rss_pair(const struct libsvnic_fn *fn, unsigned int entry);
void libsvnic_rss_write(struct libsvnic_fn *fn);

/* reset.c: one quiesce and restore for all that can happen */
void libsvnic_reset_init(struct libsvnic_fn *fn);

/* ethtool.c */
u32 libsvnic_get_rx_ring_count(struct net_device *netdev);
int libsvnic_get_rxfh_fields(struct net_device *netdev,
			     struct ethtool_rxfh_fields *fields);
int libsvnic_set_rxfh_fields(struct net_device *netdev,
			     const struct ethtool_rxfh_fields *fields,
			     struct netlink_ext_ack *extack);
extern const struct ethtool_ops libsvnic_ethtool_ops;

#endif /* _LIBSVNIC_PRIV_H */
