// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: transmit queues (sections 5.1 to 5.4): makes frames of
 * descriptors, and checks if the vport may send them.
 */
#include "svnic_core_dma.h"
#include "svnic_core_packet.h"
#include "svnic_core_path.h"
#include "svnic_core_priv.h"
#include "svnic_core_turn.h"
#include "svnic_core_vport.h"

/* Result for a frame; a positive value is an enum svnic_error. */
#define SVNIC_TX_SENT		SVNIC_ERR_NONE
#define SVNIC_TX_MORE		(-1)	/* descriptors are missing */
#define SVNIC_TX_BUSY		(-2)	/* the wire is busy */
#define SVNIC_TX_PART		(-3)	/* the turn ends before the frame */
#define SVNIC_TX_DROP		(-4)	/* a rule of content is broken */

/**
 * struct svnic_chain - the descriptors of a frame
 * @tso: context, or NULL
 * @sop: first piece
 * @n: number of pieces
 * @used: number of entries of the ring: context, pieces, and an inline frame
 * @len: length of the frame in bytes
 * @counts: the charge: bytes that count by section 10.7 and were not charged
 *	in an earlier turn
 * @wire: the frame goes to the wire
 */
struct svnic_chain {
	const struct svnic_tx_tso	*tso;
	const struct svnic_tx_desc	*sop;
	uint32_t			n;
	uint32_t			used;
	uint32_t			len;
	uint32_t			counts;
	bool				wire;
};

/* Section 5.3, rule S10: what a context says of a tunnel. */
static bool svnic_tx_tunnel_ok(const struct svnic_fn *fn,
			       const struct svnic_tx_tso *tso)
{
	if (!tso->outer_l3)
		return !tso->outer_l4 && !tso->opts;
	return svnic_fn_has(fn, SVNIC_F_TSO_TUNNEL) &&
	       !(tso->opts & ~SVNIC_TSO_OUTER_CSUM) &&
	       (tso->outer_l4 || !tso->opts);
}

/* Sections 5.1 and 5.3, rules T1, T3, S2, S8 and S10: a context. */
static bool svnic_tx_tso_ok(const struct svnic_fn *fn,
			    const struct svnic_tx_tso *tso)
{
	uint32_t mss = svnic_le16(tso->mss);
	unsigned int i, rsvd = 0;

	for (i = 0; i < sizeof(tso->rsvd0); i++)
		rsvd |= tso->rsvd0[i];
	for (i = 0; i < sizeof(tso->rsvd1); i++)
		rsvd |= tso->rsvd1[i];
	return !rsvd && svnic_fn_has(fn, SVNIC_F_TSO) &&
	       svnic_le16(tso->flags) == SVNIC_TXD_CTX &&
	       svnic_tx_tunnel_ok(fn, tso) && mss >= SVNIC_TSO_MSS_MIN &&
	       svnic_le16(tso->hdr_len) + mss <= SVNIC_FRAME_MAX;
}

/* Section 5.1, rules T13 and T14: an inline frame. */
static bool svnic_tx_inline_ok(const struct svnic_tx_desc *desc)
{
	uint16_t flags = svnic_le16(desc->flags);

	return flags & SVNIC_TXD_EOP && !(flags & SVNIC_TXD_TSO) &&
	       !desc->addr && svnic_le16(desc->len) <= SVNIC_TX_INLINE;
}

/*
 * Sections 5.1 and 5.3, rules T1 to T6, T13, T14 and S1: a piece; @tso: of a
 * TSO frame, @first: the first piece.
 */
static bool svnic_tx_piece_ok(const struct svnic_fn *fn,
			      const struct svnic_tx_desc *desc, bool first,
			      bool tso)
{
	uint16_t flags = svnic_le16(desc->flags), allowed = SVNIC_TXD_EOP;

	if (first) {
		allowed |= SVNIC_TXD_SOP;
		if (svnic_fn_has(fn, SVNIC_F_TX_CSUM))
			allowed |= SVNIC_TXD_CSUM;
		if (svnic_fn_has(fn, SVNIC_F_VLAN_INSERT))
			allowed |= SVNIC_TXD_VLAN;
		if (tso)
			allowed |= SVNIC_TXD_TSO;
		if (svnic_fn_has(fn, SVNIC_F_TX_INLINE))
			allowed |= SVNIC_TXD_INLINE;
	}
	return !(flags & ~allowed) && desc->len &&
	       !(flags & SVNIC_TXD_SOP) == !first &&
	       !(flags & SVNIC_TXD_TSO) == !(first && tso) &&
	       (!first || !tso || (flags & SVNIC_TXD_CSUM &&
				   desc->csum_offset == SVNIC_TCP_CSUM)) &&
	       (!(flags & SVNIC_TXD_INLINE) || svnic_tx_inline_ok(desc));
}

/*
 * Section 5.1: finds the chain of the frame that starts at @desc, and checks
 * the rules of format. @avail descriptors are known.
 */
static int svnic_tx_chain(const struct svnic_fn *fn,
			  const struct svnic_tx_desc *desc, uint32_t avail,
			  struct svnic_chain *chain)
{
	const struct svnic_tx_desc *sop;
	uint32_t max;

	memset(chain, 0, sizeof(*chain));
	if (svnic_le16(desc->flags) & SVNIC_TXD_CTX) {
		chain->tso = (const struct svnic_tx_tso *)desc;
		if (!svnic_tx_tso_ok(fn, chain->tso))
			return SVNIC_ERR_DESC;
		chain->used = 1;
		desc++;
	}

	sop = desc;
	chain->sop = sop;
	do {
		if (chain->used == SVNIC_TX_CHAIN)
			return SVNIC_ERR_DESC;
		if (chain->used == avail)
			return SVNIC_TX_MORE;
		if (!svnic_tx_piece_ok(fn, desc, desc == sop, chain->tso))
			return SVNIC_ERR_DESC;
		chain->len += svnic_le16(desc->len);
		chain->used++;
		chain->n++;
	} while (!(svnic_le16(desc++->flags) & SVNIC_TXD_EOP));

	max = chain->tso ? SVNIC_TSO_MAX : SVNIC_FRAME_MAX;
	if (chain->len < SVNIC_FRAME_MIN || chain->len > max)
		return SVNIC_ERR_DESC;
	if (svnic_le16(sop->flags) & SVNIC_TXD_CSUM &&
	    (uint32_t)sop->csum_start + sop->csum_offset + 2 > chain->len)
		return SVNIC_ERR_DESC;
	if (svnic_le16(sop->flags) & SVNIC_TXD_INLINE)
		chain->used += SVNIC_TXD_INLINE_ENTRIES(chain->len);
	return chain->used > avail ? SVNIC_TX_MORE : SVNIC_ERR_NONE;
}

/* Reads the pieces of a frame; an inline frame was read with the ring. */
static bool svnic_tx_read(struct svnic_core *core, struct svnic_fn *fn,
			  const struct svnic_chain *chain, uint8_t *to)
{
	const struct svnic_tx_desc *desc = chain->sop;
	uint32_t i;

	if (svnic_le16(desc->flags) & SVNIC_TXD_INLINE) {
		memcpy(to, desc + 1, chain->len);
		return true;
	}
	for (i = 0; i < chain->n; i++) {
		if (svnic_dma_read(core, fn, svnic_le64(desc[i].addr), to,
				   svnic_le16(desc[i].len)))
			return false;
		to += svnic_le16(desc[i].len);
	}
	return true;
}

/*
 * Reads the frame into the core's buffer, and checks the rules of content
 * (sections 5.1 and 5.3).
 */
static int svnic_tx_gather(struct svnic_core *core, struct svnic_fn *fn,
			   const struct svnic_chain *chain,
			   struct svnic_pkt *pkt)
{
	const struct svnic_tx_desc *desc = chain->sop;
	uint16_t flags = svnic_le16(desc->flags);
	uint32_t l2_len = SVNIC_ETH_HLEN;

	memset(pkt, 0, sizeof(*pkt));
	pkt->data = core->txbuf + SVNIC_HEADROOM;
	pkt->len = chain->len;
	pkt->source = fn->id;
	pkt->owned = true;
	if (!svnic_tx_read(core, fn, chain, pkt->data))
		return SVNIC_ERR_DMA;

	/* Rule T7: no checksum in the header that the switch looks at. */
	if (svnic_tagged(pkt->data))
		l2_len += SVNIC_VLAN_LEN;
	if (flags & SVNIC_TXD_CSUM && desc->csum_start < l2_len)
		return SVNIC_TX_DROP;
	if (flags & SVNIC_TXD_CSUM) {
		pkt->csum_partial = true;
		pkt->csum_start = desc->csum_start;
		pkt->csum_offset = desc->csum_offset;
	}
	if (chain->tso) {
		pkt->gso_size = svnic_le16(chain->tso->mss);
		pkt->hdr_len = svnic_le16(chain->tso->hdr_len);
		pkt->l3_start = chain->tso->l3_start;
		pkt->outer_l3 = chain->tso->outer_l3;
		pkt->outer_l4 = chain->tso->outer_l4;
		pkt->outer_csum = chain->tso->opts & SVNIC_TSO_OUTER_CSUM;
		if (!svnic_parse_gso(core, pkt))
			return SVNIC_TX_DROP;
	}
	if (flags & SVNIC_TXD_VLAN)
		svnic_pkt_push_tag(pkt, SVNIC_ETHERTYPE_VLAN,
				   svnic_le16(desc->vlan_tci));
	return SVNIC_ERR_NONE;
}

/* True if the port VLAN's tag may be put before the frame as it is. */
static bool svnic_tx_inner(const struct svnic_vport_state *vport,
			   const struct svnic_pkt *pkt)
{
	uint16_t tag = svnic_get_be16(pkt->data + SVNIC_ETH_ADDRS);

	if (tag == SVNIC_ETHERTYPE_VLAN)
		return vport->port_vlan_proto == SVNIC_ETHERTYPE_AD;
	return tag != SVNIC_ETHERTYPE_AD;
}

/*
 * Section 10.5, step 3: a vport with a port VLAN must not send VLANs of its
 * own. A priority tag is removed, but the frame must not have another tag
 * behind it, which a receiver would see when it removes the port VLAN's tag.
 * An 802.1ad port VLAN may carry 802.1Q tags.
 */
static bool svnic_tx_port_vlan(const struct svnic_vport_state *vport,
			       struct svnic_pkt *pkt)
{
	if (!svnic_tx_inner(vport, pkt)) {
		if (pkt->vlan || pkt->len < SVNIC_ETH_HLEN + SVNIC_VLAN_LEN)
			return false;
		svnic_pkt_pop_tag(pkt);
		if (!svnic_tx_inner(vport, pkt))
			return false;
	}
	svnic_pkt_push_tag(pkt, vport->port_vlan_proto, vport->port_vlan);
	pkt->vlan = svnic_vlan_class(pkt->data, pkt->len);
	return true;
}

/* Section 10.5, steps 1 to 4; counts frames that may not be sent. */
static bool svnic_tx_allowed(struct svnic_core *core, struct svnic_fn *fn,
			     struct svnic_pkt *pkt)
{
	const struct svnic_vport_state *vport = &fn->s.vport;
	bool spoofchk = vport->flags & SVNIC_VPORT_SPOOFCHK;

	if (!svnic_vport_link_up(core, fn)) {
		fn->s.stats.tx_link_down++;
		return false;
	}
	if (spoofchk && !svnic_switch_source_ok(core, fn, pkt->data + 6)) {
		fn->s.stats.tx_spoof_mac++;
		return false;
	}
	pkt->vlan = svnic_vlan_class(pkt->data, pkt->len);
	if (vport->port_vlan) {
		if (!svnic_tx_port_vlan(vport, pkt)) {
			fn->s.stats.tx_spoof_vlan++;
			return false;
		}
	} else if (spoofchk && !svnic_vport_takes_vlan(fn, pkt->vlan)) {
		fn->s.stats.tx_spoof_vlan++;
		return false;
	}
	return true;
}

static void svnic_tx_count(struct svnic_fn *fn, const struct svnic_pkt *pkt,
			   uint32_t bytes, bool tso)
{
	struct svnic_counters *stats = &fn->s.stats;
	uint32_t frames = svnic_pkt_frames(pkt);

	stats->tx_packets += frames;
	stats->tx_bytes += bytes - (fn->s.vport.port_vlan ?
				    frames * SVNIC_VLAN_LEN : 0);
	stats->tx_tso += tso;
	svnic_count_cast(pkt->data, frames, &stats->tx_mcast, &stats->tx_bcast);
}

/*
 * Sends a frame to the wire and to vports. The wire comes first, since only the
 * wire can refuse a frame. If the work does not fit into this turn, it goes on
 * in another one. The frame is read and checked again then, and the driver may
 * have changed it.
 */
static int svnic_tx_switch(struct svnic_core *core, struct svnic_qp *qp,
			   struct svnic_chain *chain, struct svnic_pkt *pkt,
			   uint32_t bytes)
{
	enum svnic_wire_result result = SVNIC_WIRE_SENT;

	svnic_switch_find(core, qp->fn, pkt);
	if (!qp->s.tx_copying) {
		chain->wire = svnic_switch_wants_wire(core, pkt);
		if (chain->wire)
			result = svnic_wire_send(core, pkt, &qp->s.tx_seg);
		if (result == SVNIC_WIRE_BUSY)
			return SVNIC_TX_BUSY;
		if (result == SVNIC_WIRE_SPENT)
			return SVNIC_TX_PART;
		svnic_tx_count(qp->fn, pkt, bytes, chain->tso);
		qp->s.tx_copying = true;
	}
	if (svnic_switch_local(core, pkt, &qp->s.tx_copy))
		return SVNIC_TX_SENT;
	/* Only vports remain, so the queue need not wait for the wire. */
	chain->wire = false;
	return SVNIC_TX_PART;
}

static int svnic_tx_frame(struct svnic_core *core, struct svnic_qp *qp,
			  struct svnic_chain *chain)
{
	struct svnic_pkt pkt;
	uint32_t bytes;
	bool allowed;
	int ret;

	core->cost += SVNIC_COST_FRAME;
	ret = svnic_tx_gather(core, qp->fn, chain, &pkt);
	if (ret == SVNIC_TX_DROP) {
		qp->fn->s.stats.tx_errors++;
		chain->counts = chain->len;
		svnic_qp_next_frame(qp);
		return SVNIC_TX_SENT;
	}
	if (ret)
		return ret;
	allowed = svnic_tx_allowed(core, qp->fn, &pkt);
	bytes = svnic_pkt_wire_len(&pkt);
	if (allowed)
		ret = svnic_tx_switch(core, qp, chain, &pkt, bytes);

	/*
	 * The frame is charged in the first turn that sends a part of it. If it
	 * is longer in a later turn, the difference is charged there.
	 */
	if ((!ret || qp->s.tx_seg || qp->s.tx_copying) &&
	    bytes > qp->s.tx_counted) {
		chain->counts = bytes - qp->s.tx_counted;
		qp->s.tx_counted = bytes;
	}
	if (!ret)
		svnic_qp_next_frame(qp);
	return ret;
}

/* Writes tx_cons, and with @kick also tx_kick, to ask for a doorbell. */
static bool svnic_tx_write_back(struct svnic_core *core, struct svnic_qp *qp,
				bool kick)
{
	__le32 part[2] = { svnic_le32(qp->s.tx_cons),
			   svnic_le32(qp->s.tx_prod) };

	qp->event_valid = false;
	if (!svnic_dma_write(core, qp->fn, qp->s.state_base +
			     offsetof(struct svnic_queue_state, tx_cons),
			     part, kick ? sizeof(part) : sizeof(part[0])))
		return true;
	svnic_qp_fail(core, qp, SVNIC_TX, SVNIC_ERR_DMA);
	return false;
}

/*
 * Section 4.5, C1 to C3: everything that was posted is sent. Asks for a
 * doorbell, and then reads tx_prod again.
 */
static void svnic_tx_sleep(struct svnic_core *core, struct svnic_qp *qp,
			   uint32_t done)
{
	if (!svnic_fn_has(qp->fn, SVNIC_F_EVENT_IDX)) {
		if (done)
			svnic_tx_write_back(core, qp, false);
		return;
	}
	if (svnic_tx_write_back(core, qp, true))
		svnic_qp_read_state(core, qp);
}

/* A turn of a queue: sends as many frames as the turn allows. */
void svnic_tx_turn(struct svnic_core *core, struct svnic_qp *qp)
{
	uint32_t avail = qp->s.tx_prod - qp->s.tx_cons;
	uint32_t n, done = 0, frames = 0, batch = qp->s.tx_size / 4;
	struct svnic_chain chain;
	int ret = SVNIC_TX_SENT;
	bool more = true;

	if (!qp->s.active[SVNIC_TX] || !avail)
		return;
	/* Read not more than this turn can use, but at least a whole chain. */
	n = batch < SVNIC_TX_CHAIN ? SVNIC_TX_CHAIN : batch;
	n = n < SVNIC_TX_BATCH ? n : SVNIC_TX_BATCH;
	n = n < avail ? n : avail;
	if (svnic_ring_read(core, qp->fn, qp->s.tx_base, qp->s.tx_size,
			    qp->s.tx_cons, core->txd, n,
			    sizeof(core->txd[0]))) {
		svnic_qp_fail(core, qp, SVNIC_TX, SVNIC_ERR_DMA);
		return;
	}
	/* Section 5.1: write tx_cons after about a quarter of the ring. */
	while (done < n && done < batch && more) {
		ret = svnic_tx_chain(qp->fn, &core->txd[done], n - done,
				     &chain);
		if (!ret)
			ret = svnic_tx_frame(core, qp, &chain);
		if (!ret || chain.counts)
			more = svnic_sched_sent(core, chain.counts, chain.wire);
		if (ret)
			break;
		done += chain.used;
		frames++;
	}
	qp->s.tx_cons += done;

	if (ret == SVNIC_TX_SENT ? done == avail :
	    ret == SVNIC_TX_MORE && n == avail)
		svnic_tx_sleep(core, qp, done);
	else if (done)
		svnic_tx_write_back(core, qp, false);
	if (!qp->s.active[SVNIC_TX])
		return;
	if (done)
		svnic_irq_queue(core, qp, SVNIC_TX, frames);

	if (ret == SVNIC_TX_BUSY) {
		svnic_sched_wait_wire(core, qp);
	} else if (ret > 0) {
		if (ret == SVNIC_ERR_DESC)
			qp->fn->s.stats.tx_errors++;
		svnic_qp_fail(core, qp, SVNIC_TX, ret);
	} else if (done < avail && !(ret == SVNIC_TX_MORE && n == avail)) {
		svnic_sched_ready(core, qp);
	}
}
