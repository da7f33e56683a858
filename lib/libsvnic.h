/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsvnic: what the PF and the VF driver of an SV-NIC share, as they call it.
 * What lib/ keeps to itself is in libsvnic_priv.h.
 *
 * Locking: the configuration of a function (queues, features, limits) is
 * protected by the netdev instance lock, but its filters by rtnl, for VLANs
 * come without the other; functions that need one say so. The event ring has a
 * spin lock of its own. The data path takes no lock but those of NAPI and of
 * the transmit queue.
 */
#ifndef _LIBSVNIC_H
#define _LIBSVNIC_H

#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/io.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>

#include <svnic/svnic_regs.h>
#include <svnic/svnic_desc.h>
#include <svnic/svnic_admin.h>
#include <svnic/svnic_mbx.h>

#include "compat.h"

struct libsvnic_fn;
struct libsvnic_queues;

/* More than this many queue pairs of a function are left unused. */
#define LIBSVNIC_PAIRS_MAX	32

/* Before what an MTU counts: an L2 header, with two tags. */
#define LIBSVNIC_HLEN_MAX	(ETH_HLEN + 2 * VLAN_HLEN)

/* Longer lists of addresses are not worth comparing. */
#define LIBSVNIC_MACS_MAX	256U

/**
 * struct libsvnic_ops - what differs between PF and VF
 * @features: SVNIC_F_* that the driver needs beside those of the data path
 * @optional: SVNIC_F_* that it uses where the device has them
 * @event_irq: do not come up without vector 0
 * @attach: the function is enabled and its event ring runs: start the admin
 *	queue or the mailbox. Sleeps; no locks are held. 0 or -errno.
 * @configure: the function has come up after a reset: follow what the PF has
 *	configured, or be it. Sleeps. 0 or -errno.
 * @detach: opposite of @attach; the device may be gone. Sleeps.
 * @event: an event libsvnic does not handle itself. Atomic context.
 * @set_mac: make this the station address. Sleeps, like all below; 0 or
 *	-errno, and nothing changed with an error.
 * @mac_add: add address filters, SVNIC_MBX_MACS_MAX at most, all of them or
 *	none; -ENOSPC if there are no more
 * @mac_del: remove address filters
 * @vlan_add: let a VLAN through
 * @vlan_del: stop a VLAN
 * @rx_mode: set SVNIC_VPORT_PROMISC, _ALLMULTI, _VLAN_FILTER
 * @set_frame_max: receive frames up to so many bytes, L2 header included
 * @refresh: learn what the PF says now; only for who calls
 *	libsvnic_filters_again()
 *
 * @attach is called without locks, @detach with the instance lock held or while
 * there is no netdev, all others but @event with rtnl held or before the netdev
 * is registered. What sets filters, @mac_add to @rx_mode, has the instance lock
 * or not; the rest has it.
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
};

/**
 * struct libsvnic_limits - what the device said at probe, checked
 * @pairs: queue pairs that can be used: grants and LIBSVNIC_PAIRS_MAX
 * @vectors: MSI-X vectors granted
 * @ring_min: smallest ring, entries
 * @ring_max: largest ring, entries
 * @evq_max: largest event ring, entries
 * @tx_chain: descriptors a frame may have
 * @frame_max: bytes of the longest frame
 * @tso_max: bytes of the longest TSO frame
 * @db_offset: offset of the first doorbell page in BAR0
 * @db_stride: bytes between doorbell pages
 * @reset_ms: bound of a reset
 * @rss_size: entries of the indirection table
 * @buf_max: bytes of the longest receive buffer
 * @moderation_max: longest interrupt delay, microseconds
 * @tx_inline: bytes of the longest frame that goes into the ring itself,
 *	LIBSVNIC_TX_INLINE at most; 0 without SVNIC_F_TX_INLINE
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
};

/**
 * struct libsvnic_coalesce - when to interrupt (spec 7)
 * @usecs: for received frames the time between two decisions, for sent ones
 *	how long they wait, microseconds
 * @frames: or so many frames; 0: no limit
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
 *
 * A change makes the rings of a new configuration before the old ones go.
 */
struct libsvnic_cfg {
	u32	pairs;
	u32	tx_size;
	u32	rx_size;
};

/*
 * Counters of a transmit ring, all u64 and in the order of qstats. Each packet
 * is in one of @csum_none and @needs_csum. Each writer has a set of its own.
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
 * @ring: entries, shared with the device; NULL while there is none
 * @dma: bus address of @ring
 * @mask: size - 1
 * @cons: free-running index of the next event
 * @lock: protects @cons and the order of handling
 */
struct libsvnic_evq {
	struct svnic_event	*ring;
	dma_addr_t		dma;
	u32			mask;
	u32			cons;
	spinlock_t		lock;	/* @cons, order of handling */
};

/**
 * struct libsvnic_rss - receive side scaling as the user wants it
 * @key: Toeplitz key
 * @table: pair of each entry of the indirection table
 * @pairs: how many there are; the table may name more
 * @ctrl: SVNIC_RSS_*
 */
struct libsvnic_rss {
	u8	key[SVNIC_RSS_KEY_LEN];
	u8	table[SVNIC_RSS_TABLE_MAX];
	u32	pairs;
	u32	ctrl;
};

/**
 * struct libsvnic_mac - an address that the stack wants or the device has
 * @addr: the address
 * @wanted: the stack wants it
 * @there: the device has it, or may have
 * @err: 0 if it was granted, what it was refused with, -EAGAIN if it is to be
 *	asked for
 */
struct libsvnic_mac {
	u8	addr[ETH_ALEN];
	bool	wanted;
	bool	there;
	s16	err;
};

/**
 * struct libsvnic_vlans - VLANs of a protocol
 * @want: those that the stack wants
 * @there: those that the device has, or may have
 * @asked: those that were granted or are not permitted
 */
struct libsvnic_vlans {
	DECLARE_BITMAP(want, VLAN_N_VID);
	DECLARE_BITMAP(there, VLAN_N_VID);
	DECLARE_BITMAP(asked, VLAN_N_VID);
};

/**
 * struct libsvnic_filters - what the stack wants to receive and the device has
 * @want: addresses that the stack wants, unicast first
 * @want_count: entries of @want
 * @uc: unicast addresses that the stack wants, whether @want holds them or not
 * @mc: multicast addresses, likewise
 * @macs: what became of them
 * @count: entries of @macs
 * @mac_room: address filters there are for the function
 * @ctags: VLANs of 802.1Q
 * @stags: VLANs of 802.1ad
 * @vlan_room: VLAN filters there are for the function
 * @vlan_err: what the last VLAN was refused with
 * @vlan_filter: the user wants VLANs filtered
 * @trusted: the function may receive everything
 * @flags: SVNIC_VPORT_PROMISC, _ALLMULTI, _VLAN_FILTER of the device
 * @flags_known: they are known
 * @basics: station address and length of frames are to be set again
 * @mtu_refused: MTU of which it was said that it is refused, 0 for none
 * @failed: the last sync failed
 * @refused: it was said that it may not be promiscuous
 * @missing: it was said that addresses are refused
 * @doublings: of the pause before the next try
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
 * @LIBSVNIC_RUNNING: the queues run and nobody is changing all of them: what
 *	those ask who have no lock
 * @LIBSVNIC_GONE: the device reads all ones; it is left alone
 * @LIBSVNIC_EVENT_IRQ: vector 0 is requested
 * @LIBSVNIC_FAILED: a reset failed, or the function was never ready; another
 *	one is tried
 * @LIBSVNIC_RESET_WANTED: a reset was asked for and has not begun
 * @LIBSVNIC_HELD: the PCI core has the function: no reset but what it asks for
 * @LIBSVNIC_STALE: what the PF has answered holds no longer
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
	/* private: how many there are */
	LIBSVNIC_FLAGS,
};

/**
 * enum libsvnic_state - what there is of a function's interface
 * @LIBSVNIC_DOWN: it is not open: no queues, no vectors
 * @LIBSVNIC_UP: it is open, has queues and the vectors that poll them, and the
 *	MSI-X vectors for these
 * @LIBSVNIC_LOST: it is open but has neither: the function is down, was never
 *	up, or its queues could not be started again after a change. The end of
 *	the next reset opens it.
 *
 * MSI-X vector 0 is not the interface's: the function has it from
 * libsvnic_fn_up() to libsvnic_fn_down(), and an interface that is opened
 * without one takes it for the function. All others are the interface's, from
 * libsvnic_open() until it is UP no longer.
 *
 * Protected by the instance lock. While queues are changed it stays UP.
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
 * @ops: what the driver adds
 * @priv: the driver's own structure
 * @regs: BAR0
 * @features: SVNIC_F_* agreed
 * @limits: what the device said
 * @flags: enum libsvnic_flag
 * @cfg: queue configuration wanted; what is had of it is in @queues
 * @state: what there is of the interface
 * @queues: queues in use, only while @state is UP
 * @tx_failed: transmit queues that are to be restarted
 * @rx_failed: receive queues that are to be restarted
 * @evq: event ring
 * @nvec: MSI-X vectors taken
 * @coalesce_rx: interrupt moderation of what is received
 * @coalesce_tx: interrupt moderation of what is sent
 * @rss: receive side scaling
 * @filters: what it receives
 * @tx_base: transmit counters of rings that are gone
 * @rx_base: receive counters of rings that are gone
 * @hw_stats: counters of the device as last read
 * @stats_lock: protects @tx_base, @rx_base, @hw_stats and @stats_queues
 * @stats_queues: queues whose counters are to be added to the base
 * @last_reset: when the last reset was, jiffies
 * @failures: resets in vain since the last that was not
 * @reset_work: takes the function down and up again
 * @restart_work: restarts queues that failed
 * @service_work: looks for what no interrupt tells
 * @sync_work: tells the device what it should receive
 * @event_name: name of vector 0 in /proc/interrupts
 * @compat: what older kernels need besides
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
	DECLARE_BITMAP(tx_failed, LIBSVNIC_PAIRS_MAX);
	DECLARE_BITMAP(rx_failed, LIBSVNIC_PAIRS_MAX);
	struct libsvnic_evq		evq;
	unsigned int			nvec;
	struct libsvnic_coalesce	coalesce_rx;
	struct libsvnic_coalesce	coalesce_tx;
	struct libsvnic_rss		rss;
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

/* netdev.c, tx.c, stats.c: operations both drivers put into their tables */
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

/* sync.c: when the device is told what to receive */
void libsvnic_filters_room(struct libsvnic_fn *fn, unsigned int macs,
			   unsigned int vlans);
void libsvnic_filters_update(struct libsvnic_fn *fn);
void libsvnic_filters_again(struct libsvnic_fn *fn);
void libsvnic_filters_now(struct libsvnic_fn *fn);
void libsvnic_take_mac(struct libsvnic_fn *fn, const u8 *mac);
int libsvnic_set_rx_mode(struct net_device *netdev,
			 struct netdev_hw_addr_list *uc,
			 struct netdev_hw_addr_list *mc);
int libsvnic_vlan_add(struct net_device *netdev, __be16 proto, u16 vid);
int libsvnic_vlan_kill(struct net_device *netdev, __be16 proto, u16 vid);

/* reset.c: one quiesce and restore for all that can happen */
void libsvnic_reset_request(struct libsvnic_fn *fn);
int libsvnic_register(struct libsvnic_fn *fn);
void libsvnic_unregister(struct libsvnic_fn *fn);
void libsvnic_disable_device(struct pci_dev *pdev);
void libsvnic_shutdown(struct pci_dev *pdev);
extern const struct pci_error_handlers libsvnic_err_handlers;
extern const struct dev_pm_ops libsvnic_pm_ops;

#endif /* _LIBSVNIC_H */
