/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * svnic: driver of the physical function, which controls the NIC.
 *
 * Locking, outermost first: the PF's device lock, the devlink lock, rtnl, the
 * netdev instance lock, the lock of rates, the lock of a VF, the spin lock of
 * the command queue, which is libsvnic's. The array of VFs is changed with the
 * first four held and the mailbox work disabled. So it may be used by the
 * mailbox work, and by anyone who holds one of the four. The core holds the
 * device lock in PCI operations, the devlink lock in devlink operations, and
 * rtnl and the instance lock in netdev operations.
 */
#ifndef _SVNIC_H
#define _SVNIC_H

#include <linux/bitmap.h>
#include <linux/if_link.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/devlink.h>

#include "../lib/libsvnic.h"
#include "guard.h"
#include "policy.h"
#include "rate.h"

/**
 * struct svnic_mbx_event - data of a VF's newest events
 * @request_seq: sequence number of the request in the VF's slot
 * @request_len: length of the request, bytes
 * @reset_seq: sequence number of the VF's newest reset
 * @queue_errors: queues of the VF that stopped since the last check
 */
struct svnic_mbx_event {
	u32	request_seq;
	u32	request_len;
	u32	reset_seq;
	u32	queue_errors;
};

/**
 * struct svnic_mbx - the mailbox service (spec 10.6)
 * @ring: one slot per VF, written by the device
 * @ring_dma: bus address of @ring
 * @request: VFs whose slot holds a request
 * @reset: VFs that were reset
 * @error: VFs of which a queue stopped
 * @event: data of the events, one per VF
 * @replay: the PF was reset, so all VFs have to be checked
 * @lock: protects @request, @reset, @error, @event and @replay
 * @wq: workqueue of @work
 * @work: handles the events, delayed if the budget of a VF is used up
 */
struct svnic_mbx {
	u8			(*ring)[SVNIC_MBX_MSG_MAX];
	dma_addr_t		ring_dma;
	DECLARE_BITMAP(request, SVNIC_VF_LIMIT);
	DECLARE_BITMAP(reset, SVNIC_VF_LIMIT);
	DECLARE_BITMAP(error, SVNIC_VF_LIMIT);
	struct svnic_mbx_event	event[SVNIC_VF_LIMIT];
	bool			replay;
	spinlock_t		lock;	/* all of the above */
	struct workqueue_struct	*wq;
	struct delayed_work	work;
};

/**
 * struct svnic_vport - a port of the NIC's switch, that of the PF or of a VF
 * @pf: physical function
 * @id: number in commands
 * @port: devlink port; protected by the devlink lock
 */
struct svnic_vport {
	struct svnic_pf		*pf;
	u16			id;
	struct devlink_port	port;
};

/**
 * struct svnic_vf_counters - counters of a VF's misbehaviour
 * @offences: requests refused and queues stopped, by kind of offence
 * @deferred: requests and resets that had to wait for the VF's budget
 * @quarantines: times the VF was stopped for its offences
 */
struct svnic_vf_counters {
	u32	offences[SVNIC_OFFENCES];
	u32	deferred;
	u32	quarantines;
};

/**
 * struct svnic_vf - a VF
 * @vport: its vport
 * @id: index of the VF
 * @lock: protects all members below, and is held while the NIC is programmed
 *	with them
 * @state: configuration
 * @rate: transmit rate; changed with the lock of rates held too
 * @ready: the VF was made ready
 * @ready_seq: sequence number of the reset after which it was made ready
 * @guard: state of its budget and of its offences
 * @counters: counters of misbehaviour
 * @offence: reason for which it was last stopped
 * @waits: a request or reset waits for its budget
 * @quarantined: it is stopped for its offences
 * @reported: the stop was reported to devlink health
 */
struct svnic_vf {
	struct svnic_vport	vport;
	unsigned int		id;
	struct mutex		lock;	/* all members below */
	struct svnic_vf_state	state;
	struct svnic_rate	rate;
	bool			ready;
	u32			ready_seq;
	struct svnic_guard	guard;
	struct svnic_vf_counters counters;
	enum svnic_offence	offence;
	bool			waits;
	bool			quarantined;
	bool			reported;
};

/**
 * struct svnic_pf - the physical function, in its devlink instance
 * @fn: function, in common with a VF
 * @mbx: mailbox service
 * @vport: its vport; the devlink port is that of its netdev
 * @pool: resources of the NIC that PF and VFs share
 * @vf_max: most VFs that the device can have
 * @num_vfs: number of VFs, entries of @vfs
 * @vfs: the VFs
 * @rate_lock: serialises changes of rates, which depend on each other
 * @rate_share: sum of the guarantees of all VFs, bytes per second
 * @rate_work: updates devlink with rates that were set by other means
 * @reporter: devlink health reporter of VFs that were stopped
 * @health_work: reports to it
 */
struct svnic_pf {
	struct libsvnic_fn	*fn;
	struct svnic_mbx	mbx;
	struct svnic_vport	vport;
	struct svnic_grant	pool;
	unsigned int		vf_max;
	unsigned int		num_vfs;
	struct svnic_vf		*vfs;
	struct mutex		rate_lock;	/* rates of all VFs */
	u64			rate_share;
	struct work_struct	rate_work;
	struct devlink_health_reporter *reporter;
	struct work_struct	health_work;
};

/* vport.c: vports, one function per command */
int svnic_nop(struct svnic_pf *pf);
int svnic_identify(struct svnic_pf *pf, struct svnic_identity *identity);
void svnic_vport_init(struct svnic_vport *vport, struct svnic_pf *pf, u16 id);
int svnic_vport_get(struct svnic_vport *vport, struct svnic_vport_info *info);
int svnic_vport_set(struct svnic_vport *vport,
		    const struct svnic_vport_cfg *cfg);
int svnic_vport_note_set(struct svnic_vport *vport,
			 const struct svnic_vport_note *note);
int svnic_vport_note_get(struct svnic_vport *vport,
			 struct svnic_vport_note *note);
int svnic_vport_grant(struct svnic_vport *vport,
		      const struct svnic_grant *grant);
int svnic_vport_enable(struct svnic_vport *vport, u32 reset_seq);
int svnic_vport_disable(struct svnic_vport *vport);
int svnic_vport_filters_clear(struct svnic_vport *vport, enum svnic_clear what);
int svnic_vport_filters(struct svnic_vport *vport, bool add,
			const struct svnic_filter_list *list);
int svnic_vport_rate_set(struct svnic_vport *vport,
			 const struct svnic_rate *rate);
int svnic_vport_rate_get(struct svnic_vport *vport, struct svnic_rate *rate);
int svnic_vport_notify(struct svnic_vport *vport, u32 bits);
int svnic_vport_stats(struct svnic_vport *vport, struct svnic_fn_stats *stats);
int svnic_mbx_reply(struct svnic_vport *vport, u32 seq,
		    const void *msg, size_t len);

/* mbx.c: mailbox service */
int svnic_mbx_init(struct svnic_pf *pf);
void svnic_mbx_exit(struct svnic_pf *pf);
void svnic_mbx_start(struct svnic_pf *pf);
void svnic_mbx_replay(struct svnic_pf *pf);
void svnic_mbx_event(struct svnic_pf *pf, const struct svnic_event *ev);
void svnic_mbx_disable(struct svnic_pf *pf);
void svnic_mbx_forget(struct svnic_pf *pf);
void svnic_mbx_enable(struct svnic_pf *pf);

/* sriov.c: creation, reset and removal of VFs */
int svnic_sriov_configure(struct pci_dev *pdev, int num_vfs);
int svnic_sriov_adopt(struct svnic_pf *pf);
void svnic_sriov_abandon(struct svnic_pf *pf);
void svnic_sriov_remove(struct svnic_pf *pf);
void svnic_sriov_replay(struct svnic_pf *pf);
int svnic_vf_reset(struct svnic_vf *vf, u32 reset_seq);
int svnic_vf_revive(struct svnic_vf *vf);

/* devlink.c: devlink instance */
struct svnic_pf *svnic_devlink_alloc(struct pci_dev *pdev);
void svnic_devlink_free(struct svnic_pf *pf);
int svnic_devlink_init(struct svnic_pf *pf);
void svnic_devlink_exit(struct svnic_pf *pf);
void svnic_devlink_register(struct svnic_pf *pf);
void svnic_devlink_unregister(struct svnic_pf *pf);

/* resource.c: pools and grants as devlink resources */
int svnic_resources_add(struct svnic_pf *pf);
void svnic_resources_del(struct svnic_pf *pf);
int svnic_vf_resources_add(struct svnic_vf *vf);
void svnic_vf_resources_del(struct svnic_vf *vf);
void svnic_vf_resources_changed(struct svnic_vf *vf);

/* port.c: devlink ports and their rate leaves */
int svnic_port_add(struct svnic_pf *pf);
void svnic_port_del(struct svnic_pf *pf);
int svnic_vf_ports_add(struct svnic_pf *pf);
void svnic_vf_ports_del(struct svnic_pf *pf);
void svnic_port_rate_changed(struct svnic_vf *vf);
int svnic_port_tx_share_set(struct devlink_rate *leaf, void *priv, u64 tx_share,
			    struct netlink_ext_ack *extack);
int svnic_port_tx_max_set(struct devlink_rate *leaf, void *priv, u64 tx_max,
			  struct netlink_ext_ack *extack);
int svnic_port_tx_priority_set(struct devlink_rate *leaf, void *priv,
			       u32 tx_priority, struct netlink_ext_ack *extack);
int svnic_port_tx_weight_set(struct devlink_rate *leaf, void *priv,
			     u32 tx_weight, struct netlink_ext_ack *extack);

/* health.c: VFs that misbehave */
int svnic_health_init(struct svnic_pf *pf);
void svnic_health_exit(struct svnic_pf *pf);
void svnic_vf_offence(struct svnic_vf *vf, enum svnic_offence offence,
		      unsigned int count);
void svnic_vf_unquarantine(struct svnic_vf *vf);

/* grant.c: grants of the pools */
void svnic_grants_taken(struct svnic_pf *pf, struct svnic_grant *taken);
void svnic_grants_limit_pf(struct svnic_pf *pf);
int svnic_grants_share(struct svnic_pf *pf, unsigned int num_vfs,
		       struct svnic_grant *share);
u32 svnic_get_vf_total_msix(struct pci_dev *pdev);
int svnic_set_msix_vec_count(struct pci_dev *vfdev, int count);

/* vf_rate.c: transmit rates of VFs */
void svnic_vf_rate_lock(struct svnic_vf *vf);
void svnic_vf_rate_unlock(struct svnic_vf *vf);
int svnic_vf_rate_commit(struct svnic_vf *vf, const struct svnic_rate *next,
			 struct netlink_ext_ack *extack);
void svnic_vf_rate_sum(struct svnic_pf *pf);
int svnic_vf_rate_program(struct svnic_vf *vf);
int svnic_vf_rate_adopt(struct svnic_vf *vf);

/* owner.c: owners of addresses */
int svnic_make_way_vf(struct svnic_vf *vf);
int svnic_make_way_pf(struct svnic_pf *pf, const u8 *mac);
int svnic_own_mac(struct svnic_pf *pf, const u8 *mac);

/* vf_ndo.c: configuration of VFs by the administrator */
int svnic_vf_commit(struct svnic_vf *vf, struct svnic_vf_state *next);
int svnic_set_vf_mac(struct net_device *netdev, int vf_id, u8 *mac);
int svnic_set_vf_vlan(struct net_device *netdev, int vf_id, u16 vlan, u8 qos,
		      __be16 proto);
int svnic_set_vf_rate(struct net_device *netdev, int vf_id, int min_tx_rate,
		      int max_tx_rate);
int svnic_set_vf_spoofchk(struct net_device *netdev, int vf_id, bool setting);
int svnic_set_vf_link_state(struct net_device *netdev, int vf_id,
			    int link_state);
int svnic_set_vf_trust(struct net_device *netdev, int vf_id, bool setting);
int svnic_get_vf_config(struct net_device *netdev, int vf_id,
			struct ifla_vf_info *ivi);
int svnic_get_vf_stats(struct net_device *netdev, int vf_id,
		       struct ifla_vf_stats *stats);

#endif /* _SVNIC_H */
