/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */
/*
 * SV-NIC device interface: mailbox messages from VF to PF (spec section 8).
 *
 * A VF sends requests, and the PF replies. A VF has one request in flight at a
 * time. The device delivers messages of 16..256 bytes, and does not interpret
 * them. The VF's buffer holds the request in its first half, and the reply in
 * its second half.
 */
#ifndef _UAPI_SVNIC_MBX_H
#define _UAPI_SVNIC_MBX_H

#include <linux/types.h>
#include <svnic/svnic_regs.h>

#define SVNIC_MBX_MSG_MAX	256	/* bytes of a message */
#define SVNIC_MBX_REPLY_OFFSET	256	/* offset in a VF's buffer */
#define SVNIC_MBX_BUF_LEN	512	/* bytes of a VF's buffer */

/* Section 8.2: version of the messages, separate from that of the device. */
#define SVNIC_MBX_VERSION_MIN	1
#define SVNIC_MBX_VERSION_MAX	1

/**
 * enum svnic_mbx_opcode - requests
 * @SVNIC_MBX_VERSION: agree on a version, struct svnic_mbx_version both ways;
 *	the first request after a reset, any other fails with -STATE before it
 * @SVNIC_MBX_GET_CONFIG: no body; answer struct svnic_mbx_config
 * @SVNIC_MBX_SET_MAC: struct svnic_mbx_macs with one address: make it the
 *	station address
 * @SVNIC_MBX_MAC_ADD: struct svnic_mbx_macs: add address filters
 * @SVNIC_MBX_MAC_DEL: struct svnic_mbx_macs: remove address filters
 * @SVNIC_MBX_VLAN_ADD: struct svnic_mbx_vlans: add VLAN filters
 * @SVNIC_MBX_VLAN_DEL: struct svnic_mbx_vlans: remove VLAN filters
 * @SVNIC_MBX_RX_MODE: struct svnic_mbx_rx_mode: set the receive mode
 * @SVNIC_MBX_SET_MTU: struct svnic_mbx_mtu: set the longest frame to receive
 * @SVNIC_MBX_OPCODES: one more than the last
 */
enum svnic_mbx_opcode {
	SVNIC_MBX_VERSION	= 1,
	SVNIC_MBX_GET_CONFIG	= 2,
	SVNIC_MBX_SET_MAC	= 3,
	SVNIC_MBX_MAC_ADD	= 4,
	SVNIC_MBX_MAC_DEL	= 5,
	SVNIC_MBX_VLAN_ADD	= 6,
	SVNIC_MBX_VLAN_DEL	= 7,
	SVNIC_MBX_RX_MODE	= 8,
	SVNIC_MBX_SET_MTU	= 9,
	SVNIC_MBX_OPCODES,
};

/**
 * enum svnic_mbx_status - outcome of a request
 * @SVNIC_MBX_OK: done
 * @SVNIC_MBX_ERR_OPCODE: unknown opcode, or not of the agreed version
 * @SVNIC_MBX_ERR_LENGTH: length does not fit the opcode
 * @SVNIC_MBX_ERR_STATE: no version agreed yet
 * @SVNIC_MBX_ERR_VERSION: no version in common
 * @SVNIC_MBX_ERR_PARAM: a parameter is out of range
 * @SVNIC_MBX_ERR_PERM: the administrator does not allow it
 * @SVNIC_MBX_ERR_LIMIT: beyond the VF's grant
 * @SVNIC_MBX_ERR_BUSY: too many requests, try later
 * @SVNIC_MBX_ERR_DEVICE: the PF or the device failed
 * @SVNIC_MBX_ERR_IN_USE: another function has the address
 */
enum svnic_mbx_status {
	SVNIC_MBX_OK		= 0,
	SVNIC_MBX_ERR_OPCODE	= 1,
	SVNIC_MBX_ERR_LENGTH	= 2,
	SVNIC_MBX_ERR_STATE	= 3,
	SVNIC_MBX_ERR_VERSION	= 4,
	SVNIC_MBX_ERR_PARAM	= 5,
	SVNIC_MBX_ERR_PERM	= 6,
	SVNIC_MBX_ERR_LIMIT	= 7,
	SVNIC_MBX_ERR_BUSY	= 8,
	SVNIC_MBX_ERR_DEVICE	= 9,
	SVNIC_MBX_ERR_IN_USE	= 10,
};

/**
 * struct svnic_mbx_hdr - start of each message
 * @opcode: enum svnic_mbx_opcode, the same in the reply
 * @status: enum svnic_mbx_status in a reply, zero in a request
 * @len: bytes of the message, this header included
 * @rsvd0: zero
 * @cookie: chosen by the VF, the same in the reply
 * @rsvd1: zero
 *
 * A reply with a status other than SVNIC_MBX_OK has no body.
 */
struct svnic_mbx_hdr {
	__le16	opcode;
	__le16	status;
	__le16	len;
	__le16	rsvd0;
	__le32	cookie;
	__le32	rsvd1;
};

SVNIC_CHECK_SIZE(struct svnic_mbx_hdr, 16);
SVNIC_CHECK_OFFSET(struct svnic_mbx_hdr, cookie, 8);

/**
 * struct svnic_mbx_version - body of SVNIC_MBX_VERSION
 * @min: request: oldest version of the VF; reply: the version agreed on
 * @max: request: newest version of the VF; reply: newest version of the PF
 */
struct svnic_mbx_version {
	__le16	min;
	__le16	max;
};

SVNIC_CHECK_SIZE(struct svnic_mbx_version, 4);

/**
 * struct svnic_mbx_config - body of the reply to SVNIC_MBX_GET_CONFIG
 * @mac: station address
 * @frame_max: bytes of the longest frame the VF may use, L2 header included
 * @flags: SVNIC_MBX_CONFIG_*
 * @queues: queue pairs granted
 * @vectors: MSI-X vectors granted
 * @mac_filters: address filters granted
 * @vlan_filters: VLAN filters granted
 * @port_vlan: port VLAN's tag control information, 0 for none
 * @port_vlan_proto: EtherType of its tag, 0 without one
 * @rsvd: zero
 */
struct svnic_mbx_config {
	__u8	mac[6];
	__le16	frame_max;
	__le32	flags;
#define SVNIC_MBX_CONFIG_MAC_FIXED	0x00000001	/* set by the admin */
#define SVNIC_MBX_CONFIG_TRUSTED	0x00000002	/* may be promiscuous */
	__le16	queues;
	__le16	vectors;
	__le16	mac_filters;
	__le16	vlan_filters;
	__le16	port_vlan;
	__le16	port_vlan_proto;
	__u8	rsvd[8];
};

SVNIC_CHECK_SIZE(struct svnic_mbx_config, 32);
SVNIC_CHECK_OFFSET(struct svnic_mbx_config, queues, 12);

#define SVNIC_MBX_MACS_MAX	32	/* addresses in a message */

/**
 * struct svnic_mbx_macs - list of addresses
 * @count: number of addresses, 1..SVNIC_MBX_MACS_MAX
 * @rsvd: zero
 * @mac: the addresses
 *
 * All are added or none: a failed request changes nothing.
 */
struct svnic_mbx_macs {
	__le16	count;
	__u8	rsvd[6];
	__u8	mac[][6];
};

SVNIC_CHECK_SIZE(struct svnic_mbx_macs, 8);

#define SVNIC_MBX_VLANS_MAX	64	/* VLAN ids in a message */

/**
 * struct svnic_mbx_vlans - list of VLAN ids
 * @count: number of ids, 1..SVNIC_MBX_VLANS_MAX
 * @proto: EtherType of their tags: 0x8100 or 0x88a8
 * @rsvd: zero
 * @vid: the ids, 1..4094
 *
 * All are added or none: a failed request changes nothing.
 */
struct svnic_mbx_vlans {
	__le16	count;
	__le16	proto;
	__u8	rsvd[4];
	__le16	vid[];
};

SVNIC_CHECK_SIZE(struct svnic_mbx_vlans, 8);

/**
 * struct svnic_mbx_rx_mode - body of SVNIC_MBX_RX_MODE
 * @flags: SVNIC_MBX_RX_*, the values of SVNIC_VPORT_*; others zero
 */
struct svnic_mbx_rx_mode {
	__le32	flags;
#define SVNIC_MBX_RX_PROMISC		0x00000002	/* all unicast */
#define SVNIC_MBX_RX_ALLMULTI		0x00000004	/* all multicast */
#define SVNIC_MBX_RX_VLAN_FILTER	0x00000010	/* only added VLANs */
#define SVNIC_MBX_RX_FLAGS		0x00000016
};

SVNIC_CHECK_SIZE(struct svnic_mbx_rx_mode, 4);

/**
 * struct svnic_mbx_mtu - body of SVNIC_MBX_SET_MTU
 * @frame_max: bytes of the longest frame, L2 header included
 * @rsvd: zero
 */
struct svnic_mbx_mtu {
	__le16	frame_max;
	__le16	rsvd;
};

SVNIC_CHECK_SIZE(struct svnic_mbx_mtu, 4);

#endif /* _UAPI_SVNIC_MBX_H */
