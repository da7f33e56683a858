/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsvnic: interface of the code that the PF and the VF driver share.
 * libsvnic_priv.h has what is internal to lib/.
 *
 * Locking: the netdev instance lock protects the configuration of a function
 * (queues, features, limits). rtnl protects its filters, because VLANs are
 * added and removed without the instance lock. Functions that need one of them
 * say so. The event ring and the command queue have a spin lock each; that of
 * the event ring is the outer one. The data path takes only the locks of NAPI
 * and of the transmit queue.
 */
#ifndef _LIBSVNIC_H
#define _LIBSVNIC_H

#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/u64_stats_sync.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <svnic/svnic_regs.h>
#include <svnic/svnic_desc.h>
#include <svnic/svnic_admin.h>
#include <svnic/svnic_mbx.h>

#include "compat.h"

struct bpf_prog;
struct libsvnic_fn;
struct libsvnic_queues;
struct netdev_bpf;
struct xdp_frame;

/* A function uses no more queue pairs than this. */
#define LIBSVNIC_PAIRS_MAX	32

/* Length of an L2 header with two VLAN tags, which the MTU does not count. */
#define LIBSVNIC_HLEN_MAX	(ETH_HLEN + 2 * VLAN_HLEN)

/* Addresses that are tracked; comparing a longer list costs too much. */
#define LIBSVNIC_MACS_MAX	256U

#define LIBSVNIC_CMDQ_SLOTS	32	/* commands in flight */
#define LIBSVNIC_CMDQ_DATA_LEN	512	/* bytes of data of a command */

/**
 * struct libsvnic_ops - what differs between PF and VF
 * @features: SVNIC_F_* that the driver requires in addition to those of the
 *	data path
 * @optional: SVNIC_F_* that the driver uses if the device has them
 * @event_irq: do not come up without vector 0
 * @attach: start the mailbox, or the service of the mailboxes. The function is
 *	enabled, and its event ring and its command queue run. Sleeps; no locks
 *	are held. 0 or -errno.
 * @configure: the function has come up after a reset: a VF applies what the PF
 *	has configured, the PF applies its own configuration. Sleeps. 0 or
 *	-errno.
 * @detach: opposite of @attach, or NULL; the device may be gone. Sleeps.
 * @event: handle an event that libsvnic does not handle. Atomic context.
 * @set_mac: set the station address. Sleeps, like all below; returns 0, or
 *	-errno with nothing changed.
 * @mac_add: add up to SVNIC_MBX_MACS_MAX address filters, all or none;
 *	-ENOSPC if there are not enough left
 * @mac_del: remove address filters
 * @vlan_add: add a VLAN filter
 * @vlan_del: remove a VLAN filter
 * @rx_mode: set SVNIC_VPORT_PROMISC, _ALLMULTI, _VLAN_FILTER
 * @set_frame_max: set the longest frame to receive, in bytes with the L2 header
 * @refresh: read the PF's configuration again; required only in a driver that
 *	calls libsvnic_filters_invalidate()
 * @port_stats: read the counters of the port, of a driver that can; returns 0
 *	or -errno
 *
 * @attach is called without locks, @detach with the instance lock held or while
 * the netdev is not registered. All others but @event and @port_stats are
 * called with rtnl held or before the netdev is registered. The ops that set
 * filters, @mac_add to @rx_mode, may be called with or without the instance
 * lock; the rest is called with it.
 */
struct libsvnic_ops {
	u64	features;
	u64	optional;
	bool	event_irq;

	int	(*attach)(struct libsvnic_fn *fn);
	int	(*configure)(struct libsvnic_fn *fn);
	void	(*detach)(struct libsvnic_fn *fn);
	void	(*event)(struct libsvnic_fn *fn, const struct svnic_event *ev);
	int	(*set_mac)(struct libsvnic_fn *fn, const u8 *mac);
	int	(*mac_add)(struct libsvnic_fn *fn, const u8 (*macs)[ETH_ALEN],
			   unsigned int count);
	int	(*mac_del)(struct libsvnic_fn *fn, const u8 (*macs)[ETH_ALEN],
			   unsigned int count);
	int	(*vlan_add)(struct libsvnic_fn *fn, u16 proto, u16 vid);
	int	(*vlan_del)(struct libsvnic_fn *fn, u16 proto, u16 vid);
	int	(*rx_mode)(struct libsvnic_fn *fn, u32 flags);
	int	(*set_frame_max)(struct libsvnic_fn *fn, u16 frame_max);
	int	(*refresh)(struct libsvnic_fn *fn);
	int	(*port_stats)(struct libsvnic_fn *fn,
			      struct svnic_port_stats *stats);
};

/**
 * struct libsvnic_limits - limits and grants of the device, validated
 * @pairs: queue pairs that can be used: granted, up to LIBSVNIC_PAIRS_MAX
 * @vectors: MSI-X vectors granted
 * @ring_min: smallest ring, entries
 * @ring_max: largest ring, entries
 * @evq_max: largest event ring, entries
 * @tx_chain: most descriptors of a frame
 * @frame_max: bytes of the longest frame
 * @tso_max: bytes of the longest TSO frame
 * @db_offset: offset of the first doorbell page in BAR0
 * @db_stride: bytes between doorbell pages
 * @reset_ms: upper bound of the duration of a reset, milliseconds
 * @rss_size: entries of the indirection table
 * @buf_max: bytes of the longest receive buffer
 * @moderation_max: longest interrupt delay, microseconds
 * @tx_inline: bytes of the longest frame that is copied into the ring,
 *	LIBSVNIC_TX_INLINE at most; 0 without SVNIC_F_TX_INLINE
 * @flow_rules: flow rules granted, up to LIBSVNIC_FLOW_RULES
 * @rss_contexts: RSS contexts granted, up to LIBSVNIC_RSS_CONTEXTS
 */
struct libsvnic_limits {
	u32	pairs;
	u32	vectors;
	u32	ring_min;
	u32	ring_max;
	u32	evq_max;
	u32	tx_chain;
	u32	frame_max;
	u32	tso_max;
	u32	db_offset;
	u32	db_stride;
	u32	reset_ms;
	u32	rss_size;
	u32	buf_max;
	u32	moderation_max;
	u32	tx_inline;
	u32	flow_rules;
	u32	rss_contexts;
};

/**
 * struct libsvnic_coalesce - interrupt moderation (spec 7)
 * @usecs: receive: time between two decisions to interrupt; transmit: longest
 *	delay of an interrupt; microseconds
 * @frames: interrupt earlier after this many frames; 0: no limit
 */
struct libsvnic_coalesce {
	u16	usecs;
	u16	frames;
};

/**
 * struct libsvnic_cfg - a queue configuration
 * @pairs: queue pairs
 * @tx_size: descriptors of each transmit ring
 * @rx_size: postings of each receive ring
 * @prog: XDP program that receives all frames first, or NULL
 *
 * A change allocates the rings of the new configuration before it frees the
 * old ones.
 */
struct libsvnic_cfg {
	u32		pairs;
	u32		tx_size;
	u32		rx_size;
	struct bpf_prog	*prog;
};

/*
 * Counters of a transmit ring, all u64 and in the order of qstats. Each packet
 * is counted in either @csum_none or @needs_csum. xmit and NAPI each write to
 * a set of their own.
 */
struct libsvnic_tx_stats {
	u64	bytes;
	u64	csum_none;
	u64	needs_csum;
	u64	gso_packets;
	u64	gso_bytes;
	u64	gso_wire_packets;
	u64	gso_wire_bytes;
	u64	stop;
	u64	wake;
	u64	dropped;
};

/* Counters of a receive ring, all u64. */
struct libsvnic_rx_stats {
	u64	packets;
	u64	bytes;
	u64	multicast;
	u64	csum_unnecessary;
	u64	csum_none;
	u64	csum_bad;
	u64	alloc_fail;
	u64	dropped;
	u64	errors;
};

/**
 * struct libsvnic_evq - event ring
 * @ring: entries, shared with the device; NULL while the ring is stopped
 * @dma: bus address of @ring
 * @mask: size - 1
 * @cons: free-running index of the next event
 * @lock: protects @cons, and serialises the handling of events
 */
struct libsvnic_evq {
	struct svnic_event	*ring;
	dma_addr_t		dma;
	u32			mask;
	u32			cons;
	spinlock_t		lock;	/* @cons, handling of events */
};

/**
 * struct libsvnic_cmdq_slot - a command in flight
 * @done: the command has completed or failed
 * @cookie: cookie of the command, to match its event
 * @status: enum svnic_error, valid unless @failed
 * @pending: the device has not answered yet
 * @failed: the command was given up and will not be answered
 */
struct libsvnic_cmdq_slot {
	struct completion	done;
	u16			cookie;
	u16			status;
	bool			pending;
	bool			failed;
};

/**
 * struct libsvnic_cmdq - the command queue (spec 10.0)
 * @ring: commands, shared with the device
 * @ring_dma: bus address of @ring
 * @data: a data buffer for each slot, shared with the device
 * @data_dma: bus address of @data
 * @size: entries of @ring, as many as slots
 * @prod: free-running index of the next command
 * @seq: counter in the cookies, which makes those of a slot differ
 * @up: the device accepts commands
 * @used: slots in use
 * @slot: commands in flight
 * @lock: protects all of the above
 * @wait: wait queue for a free slot
 */
struct libsvnic_cmdq {
	struct svnic_cmd	*ring;
	dma_addr_t		ring_dma;
	u8			(*data)[LIBSVNIC_CMDQ_DATA_LEN];
	dma_addr_t		data_dma;
	u32			size;
	u32			prod;
	u8			seq;
	bool			up;
	DECLARE_BITMAP(used, LIBSVNIC_CMDQ_SLOTS);
	struct libsvnic_cmdq_slot slot[LIBSVNIC_CMDQ_SLOTS];
	spinlock_t		lock;	/* all of the above */
	wait_queue_head_t	wait;
};

/**
 * struct libsvnic_rss - receive side scaling as the user has configured it
 * @key: Toeplitz key
 * @table: queue pair of each entry of the indirection table; may be higher than
 *	those in use
 * @fields_ipv4: RSS_FIELDS_IPV4
 * @fields_ipv6: RSS_FIELDS_IPV6
 * @input_xfrm: RXH_XFRM_*
 */
struct libsvnic_rss {
	u8	key[SVNIC_RSS_KEY_LEN];
	u8	table[SVNIC_RSS_TABLE_MAX];
	u32	fields_ipv4;
	u32	fields_ipv6;
	u8	input_xfrm;
};

/**
 * struct libsvnic_flows - flow rules and RSS contexts (spec 5.8) as the user
 *	has configured them
 * @rules: struct libsvnic_rule by location
 * @count: number of rules
 * @contexts: struct libsvnic_rss_ctx
 * @pairs: queue pairs in use when the device was told all of this, 0 if it has
 *	not been told
 */
struct libsvnic_flows {
	struct xarray		rules;
	u32			count;
	struct list_head	contexts;
	u32			pairs;
};

/**
 * struct libsvnic_mac - an address that the stack wants or the device has
 * @addr: the address
 * @wanted: the stack wants it
 * @there: the device has a filter for it, or may have one
 * @err: result of the last request for a filter: 0, or the error; -EAGAIN if a
 *	filter is to be requested
 */
struct libsvnic_mac {
	u8	addr[ETH_ALEN];
	bool	wanted;
	bool	there;
	s16	err;
};

/**
 * struct libsvnic_vlans - VLANs of a protocol
 * @want: VLANs that the stack wants
 * @there: VLANs that the device has a filter for, or may have one
 * @asked: VLANs that need no request: they were granted, or are not permitted
 */
struct libsvnic_vlans {
	DECLARE_BITMAP(want, VLAN_N_VID);
	DECLARE_BITMAP(there, VLAN_N_VID);
	DECLARE_BITMAP(asked, VLAN_N_VID);
};

/**
 * struct libsvnic_filters - receive filters: what the stack wants and what the
 *	device has
 * @want: addresses that the stack wants, unicast first
 * @want_count: entries of @want
 * @uc: number of unicast addresses that the stack wants; @want may hold fewer
 * @mc: number of multicast addresses, likewise
 * @macs: addresses that the stack wants or the device has
 * @count: entries of @macs
 * @mac_room: address filters available to the function
 * @ctags: VLANs of 802.1Q
 * @stags: VLANs of 802.1ad
 * @vlan_room: VLAN filters available to the function
 * @vlan_err: error of the last VLAN that was refused
 * @vlan_filter: the user wants VLANs filtered
 * @trusted: the function may be promiscuous
 * @flags: SVNIC_VPORT_PROMISC, _ALLMULTI, _VLAN_FILTER of the device
 * @flags_known: @flags is valid
 * @basics: station address and frame length have to be set again
 * @mtu_refused: MTU whose refusal was logged, 0 for none
 * @failed: the last sync failed
 * @refused: it was logged that the function may not be promiscuous
 * @missing: it was logged that addresses were refused
 * @doublings: how often the pause before the next retry was doubled
 */
struct libsvnic_filters {
	u8			want[LIBSVNIC_MACS_MAX][ETH_ALEN];
	unsigned int		want_count;
	unsigned int		uc;
	unsigned int		mc;
	struct libsvnic_mac	macs[LIBSVNIC_MACS_MAX];
	unsigned int		count;
	unsigned int		mac_room;
	struct libsvnic_vlans	ctags;
	struct libsvnic_vlans	stags;
	unsigned int		vlan_room;
	int			vlan_err;
	bool			vlan_filter;
	bool			trusted;
	u32			flags;
	bool			flags_known;
	bool			basics;
	unsigned int		mtu_refused;
	bool			failed;
	bool			refused;
	bool			missing;
	unsigned int		doublings;
};

/**
 * enum libsvnic_flag - bits of libsvnic_fn.flags
 * @LIBSVNIC_ENABLED: the device is enabled and attached, and the netdev may be
 *	used
 * @LIBSVNIC_RUNNING: the queues run and no change of all queues is in progress;
 *	for code that holds no lock
 * @LIBSVNIC_GONE: the device reads all ones and is not accessed any more
 * @LIBSVNIC_EVENT_IRQ: vector 0 is requested
 * @LIBSVNIC_FAILED: a reset failed, or the function was never ready; the reset
 *	is retried
 * @LIBSVNIC_RESET_WANTED: a reset was requested and has not begun
 * @LIBSVNIC_HELD: the PCI core controls the function; only the PCI core may
 *	reset it
 * @LIBSVNIC_STALE: earlier answers of the PF are not valid any more
 */
enum libsvnic_flag {
	LIBSVNIC_ENABLED,
	LIBSVNIC_RUNNING,
	LIBSVNIC_GONE,
	LIBSVNIC_EVENT_IRQ,
	LIBSVNIC_FAILED,
	LIBSVNIC_RESET_WANTED,
	LIBSVNIC_HELD,
	LIBSVNIC_STALE,
	/* private: number of flags */
	LIBSVNIC_FLAGS,
};

/**
 * enum libsvnic_state - state of a function's network interface
 * @LIBSVNIC_DOWN: not open: no queues, no vectors
 * @LIBSVNIC_UP: open, with queues, the vectors that poll them, and the MSI-X
 *	vectors of these
 * @LIBSVNIC_LOST: open, but without queues and vectors: the function is down,
 *	was never up, or its queues could not be started again after a change.
 *	The next successful reset makes it UP.
 *
 * MSI-X vector 0 belongs to the function from libsvnic_fn_up() to
 * libsvnic_fn_down(). If libsvnic_fn_up() could not allocate it, opening the
 * interface tries again. All other MSI-X vectors belong to the interface, from
 * libsvnic_open() until the state is no longer UP.
 *
 * Protected by the instance lock. The state stays UP while queues are changed.
 */
enum libsvnic_state {
	LIBSVNIC_DOWN,
	LIBSVNIC_UP,
	LIBSVNIC_LOST,
};

/**
 * struct libsvnic_fn - a function of the device and its netdev
 * @netdev: the netdev; this structure is its private part
 * @pdev: the PCI function
 * @ops: operations of the PF or VF driver
 * @priv: private structure of the PF or VF driver
 * @regs: BAR0
 * @features: SVNIC_F_* that were negotiated
 * @limits: limits and grants of the device
 * @flags: enum libsvnic_flag
 * @cfg: queue configuration that the user wants; @queues may have fewer pairs
 * @state: state of the interface
 * @queues: queues in use, only while @state is UP
 * @txqs: transmit queues in use, those of XDP included
 * @tx_failed: transmit queues that have to be restarted
 * @rx_failed: receive queues that have to be restarted
 * @evq: event ring
 * @cmdq: command queue, with SVNIC_F_COMMAND
 * @nvec: MSI-X vectors allocated
 * @coalesce_rx: interrupt moderation of received frames
 * @coalesce_tx: interrupt moderation of sent frames
 * @rss: receive side scaling
 * @rss_pairs: queue pairs in use, for receive side scaling
 * @flows: flow rules and RSS contexts
 * @filters: receive filters
 * @tx_base: transmit counters of queues that were stopped
 * @rx_base: receive counters of queues that were stopped
 * @hw_stats: counters of the device as last read
 * @stats_lock: protects @tx_base, @rx_base, @hw_stats and @stats_queues
 * @stats_queues: queues that run; statistics are @tx_base and @rx_base plus
 *	their counters
 * @last_reset: time of the last reset, jiffies
 * @failures: resets that failed since the last successful one
 * @reset_work: takes the function down and up again
 * @restart_work: restarts queues that failed
 * @service_work: checks periodically for what no interrupt reports
 * @sync_work: programs the receive filters into the device
 * @event_name: name of vector 0 in /proc/interrupts
 * @compat: members that only older kernels need
 */
struct libsvnic_fn {
	struct net_device		*netdev;
	struct pci_dev			*pdev;
	const struct libsvnic_ops	*ops;
	void				*priv;
	void __iomem			*regs;
	u64				features;
	struct libsvnic_limits		limits;
	DECLARE_BITMAP(flags, LIBSVNIC_FLAGS);
	struct libsvnic_cfg		cfg;
	enum libsvnic_state		state;
	struct libsvnic_queues		*queues;
	unsigned int			txqs;
	DECLARE_BITMAP(tx_failed, LIBSVNIC_PAIRS_MAX);
	DECLARE_BITMAP(rx_failed, LIBSVNIC_PAIRS_MAX);
	struct libsvnic_evq		evq;
	struct libsvnic_cmdq		cmdq;
	unsigned int			nvec;
	struct libsvnic_coalesce	coalesce_rx;
	struct libsvnic_coalesce	coalesce_tx;
	struct libsvnic_rss		rss;
	u32				rss_pairs;
	struct libsvnic_flows		flows;
	struct libsvnic_filters		filters;
	struct libsvnic_tx_stats	tx_base;
	struct libsvnic_rx_stats	rx_base;
	u64				hw_stats[sizeof(struct svnic_fn_stats) /
						 sizeof(u64)];
	spinlock_t			stats_lock;	/* base, hw, queues */
	struct libsvnic_queues		*stats_queues;
	unsigned long			last_reset;
	unsigned int			failures;
	struct delayed_work		reset_work;
	struct delayed_work		restart_work;
	struct delayed_work		service_work;
	struct delayed_work		sync_work;
	char				event_name[IFNAMSIZ + 12];
	struct libsvnic_compat		compat;
};

static inline u32 libsvnic_rd(const struct libsvnic_fn *fn, u32 reg)
{
	return readl(fn->regs + reg);
}

static inline void libsvnic_wr(const struct libsvnic_fn *fn, u32 reg, u32 val)
{
	writel(val, fn->regs + reg);
}

/* Bus addresses and other 64-bit values: low word first (spec 3). */
static inline void libsvnic_wr64(const struct libsvnic_fn *fn, u32 reg,
				 u64 val)
{
	libsvnic_wr(fn, reg, lower_32_bits(val));
	libsvnic_wr(fn, reg + 4, upper_32_bits(val));
}

static inline bool libsvnic_has(const struct libsvnic_fn *fn, u64 feature)
{
	return fn->features & feature;
}

/* fn.c: function bring-up */
struct libsvnic_fn *libsvnic_alloc(struct pci_dev *pdev,
				   const struct libsvnic_ops *ops, void *priv);
void libsvnic_free(struct libsvnic_fn *fn);
int libsvnic_fn_reset(struct libsvnic_fn *fn);
int libsvnic_fn_up(struct libsvnic_fn *fn);
void libsvnic_fn_down(struct libsvnic_fn *fn);
bool libsvnic_alive(struct libsvnic_fn *fn);
void libsvnic_read_mac(struct libsvnic_fn *fn, u8 *mac);

/* event.c: event ring */
void libsvnic_evq_poll(struct libsvnic_fn *fn);
int libsvnic_wait(struct libsvnic_fn *fn, struct completion *done,
		  unsigned int timeout_ms);

/* cmdq.c: command queue */
int libsvnic_cmdq_exec(struct libsvnic_fn *fn, struct svnic_cmd *cmd);
int libsvnic_cmdq_read(struct libsvnic_fn *fn, struct svnic_cmd *cmd,
		       void *buf, size_t len);
int libsvnic_cmdq_write(struct libsvnic_fn *fn, struct svnic_cmd *cmd,
			const void *buf, size_t len);

/* netdev.c, tx.c, stats.c: entries of both drivers' net_device_ops */
void libsvnic_netdev_init(struct libsvnic_fn *fn);
int libsvnic_open(struct net_device *netdev);
int libsvnic_stop(struct net_device *netdev);
netdev_tx_t libsvnic_xmit(struct sk_buff *skb, struct net_device *netdev);
netdev_features_t libsvnic_features_check(struct sk_buff *skb,
					  struct net_device *netdev,
					  netdev_features_t features);
int libsvnic_set_mac_address(struct net_device *netdev, void *addr);
netdev_features_t libsvnic_fix_features(struct net_device *netdev,
					netdev_features_t features);
int libsvnic_set_features(struct net_device *netdev,
			  netdev_features_t features);
int libsvnic_change_mtu(struct net_device *netdev, int mtu);
void libsvnic_tx_timeout(struct net_device *netdev, unsigned int txqueue);
void libsvnic_get_stats64(struct net_device *netdev,
			  struct rtnl_link_stats64 *stats);

/* xdp.c, xdp_tx.c: the same */
int libsvnic_bpf(struct net_device *netdev, struct netdev_bpf *bpf);
int libsvnic_xdp_xmit(struct net_device *netdev, int count,
		      struct xdp_frame **frames, u32 flags);

/* sync.c: when receive filters are programmed */
void libsvnic_filters_set_room(struct libsvnic_fn *fn, unsigned int macs,
			       unsigned int vlans);
void libsvnic_filters_update(struct libsvnic_fn *fn);
void libsvnic_filters_invalidate(struct libsvnic_fn *fn);
void libsvnic_filters_flush(struct libsvnic_fn *fn);
void libsvnic_take_mac(struct libsvnic_fn *fn, const u8 *mac);
int libsvnic_set_rx_mode(struct net_device *netdev,
			 struct netdev_hw_addr_list *uc,
			 struct netdev_hw_addr_list *mc);
int libsvnic_vlan_add(struct net_device *netdev, __be16 proto, u16 vid);
int libsvnic_vlan_kill(struct net_device *netdev, __be16 proto, u16 vid);

/* reset.c: quiesce and restore, for all kinds of reset */
void libsvnic_reset_request(struct libsvnic_fn *fn);
int libsvnic_register(struct libsvnic_fn *fn);
void libsvnic_unregister(struct libsvnic_fn *fn);
void libsvnic_disable_device(struct pci_dev *pdev);
void libsvnic_shutdown(struct pci_dev *pdev);
extern const struct pci_error_handlers libsvnic_err_handlers;
extern const struct dev_pm_ops libsvnic_pm_ops;

#endif /* _LIBSVNIC_H */
