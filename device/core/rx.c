// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: delivery of a frame to a vport (section 5.5): removal of
 * tags, choice of the queue, buffers, completions.
 */
#include "svnic_core_dma.h"
#include "svnic_core_flow.h"
#include "svnic_core_packet.h"
#include "svnic_core_path.h"
#include "svnic_core_priv.h"
#include "svnic_core_turn.h"
#include "svnic_core_vport.h"

#define SVNIC_UNTAG_MAX		2	/* port VLAN's and one stripped */
#define SVNIC_ETH_PAYLOAD_MIN	46	/* bytes; Ethernet pads up to this */

/**
 * struct svnic_view - a frame as one vport gets it
 * @pkt: the frame without the tags that were removed
 * @cmpl: completion of the first buffer, for both sizes of completions
 * @own_tag: length of a tag that was removed because of VLAN_STRIP, in bytes
 */
struct svnic_view {
	struct svnic_pkt	pkt;
	struct svnic_rx_cmpl32	cmpl;
	uint32_t		own_tag;
};

static uint32_t svnic_rx_posted(const struct svnic_qp *qp)
{
	return qp->s.rx_prod - qp->s.rx_cons;
}

/*
 * True if @need buffers are posted as far as the core knows, which includes a
 * doorbell that it did not look at yet. An index in it that is not in the ring
 * stops the queue.
 */
static bool svnic_rx_known(struct svnic_core *core, struct svnic_qp *qp,
			   uint32_t need)
{
	if (svnic_rx_posted(qp) >= need)
		return true;
	svnic_qp_rung(core, qp, SVNIC_RX);
	return qp->s.active[SVNIC_RX] && svnic_rx_posted(qp) >= need;
}

/*
 * True if the queue has no buffers, and the doorbell that it asked for was not
 * written.
 */
static bool svnic_rx_empty(struct svnic_core *core, struct svnic_qp *qp)
{
	return !svnic_rx_known(core, qp, 1) && qp->s.rx_starved;
}

/*
 * Section 4.5: true if @need buffers are posted. If it knows of fewer, it reads
 * rx_prod. If that is not enough, it asks for a doorbell, and does not read
 * rx_prod again before the doorbell is written.
 */
static bool svnic_rx_room(struct svnic_core *core, struct svnic_qp *qp,
			  uint32_t need)
{
	uint32_t kick;

	if (svnic_rx_known(core, qp, need))
		return true;
	if (!qp->s.active[SVNIC_RX] || qp->s.rx_starved)
		return false;
	if (!svnic_fn_has(qp->fn, SVNIC_F_EVENT_IDX)) {
		qp->s.rx_starved = true;
		return false;
	}

	if (!svnic_qp_read_state(core, qp))
		return false;
	while (qp->s.active[SVNIC_RX] && svnic_rx_posted(qp) < need) {
		kick = svnic_le32(qp->s.rx_prod);
		if (svnic_dma_write(core, qp->fn, qp->s.state_base +
				    offsetof(struct svnic_queue_state, rx_kick),
				    &kick, sizeof(kick))) {
			svnic_qp_fail(core, qp, SVNIC_RX, SVNIC_ERR_DMA);
			return false;
		}
		/* This is cleared if the read finds that rx_prod has moved. */
		qp->s.rx_starved = true;
		if (!svnic_qp_read_state(core, qp) || qp->s.rx_starved)
			return false;
	}
	return qp->s.active[SVNIC_RX];
}

/* The address of the buffer posted at rx_cons. */
static bool svnic_rx_posting(struct svnic_core *core, struct svnic_qp *qp,
			     uint64_t *addr)
{
	uint32_t at = qp->s.rx_cons - qp->post_first, n;

	if (at >= qp->post_n) {
		n = svnic_rx_posted(qp);
		if (n > SVNIC_POST_BATCH)
			n = SVNIC_POST_BATCH;
		qp->post_first = qp->s.rx_cons;
		qp->post_n = 0;
		if (svnic_ring_read(core, qp->fn, qp->s.rx_base, qp->s.rx_size,
				    qp->post_first, qp->posts, n,
				    sizeof(struct svnic_rx_desc)))
			return false;
		qp->post_n = n;
		at = 0;
	}
	*addr = svnic_le64(qp->posts[at]);
	return true;
}

void svnic_rx_flush(struct svnic_core *core, struct svnic_qp *qp)
{
	uint32_t n = qp->cmpl_n, frames = qp->frames;

	if (!n || !qp->s.active[SVNIC_RX])
		return;
	qp->cmpl_n = 0;
	qp->frames = 0;
	qp->event_valid = false;
	if (svnic_ring_write(core, qp->fn, qp->s.cmpl_base, qp->s.rx_size,
			     qp->s.rx_cons - n, qp->cmpls, n,
			     qp->cmpl_size)) {
		svnic_qp_fail(core, qp, SVNIC_RX, SVNIC_ERR_DMA);
		return;
	}
	svnic_irq_queue(core, qp, SVNIC_RX, frames);
}

void svnic_rx_flush_all(struct svnic_core *core)
{
	struct svnic_qp *qp;

	while (core->dirty) {
		qp = core->dirty;
		core->dirty = qp->dirty_next;
		qp->on_dirty = false;
		svnic_rx_flush(core, qp);
	}
}

/*
 * Section 5.5: the first members are the same in both sizes, and @info is the
 * last. So the larger completion is copied for both. If completions are small,
 * the next one overwrites the part that does not belong to this one.
 */
static void svnic_rx_fill(struct svnic_qp *qp,
			  const struct svnic_rx_cmpl32 *cmpl, uint16_t len,
			  uint32_t info)
{
	uint8_t *slot = &qp->cmpls[qp->cmpl_n++ * qp->cmpl_size];
	uint8_t *last = slot + qp->cmpl_size - sizeof(info);

	len = svnic_le16(len);
	if (info & SVNIC_RXC_SOP)
		memcpy(slot, cmpl, sizeof(*cmpl));
	else
		memset(slot, 0, sizeof(*cmpl));
	info = svnic_le32(info);
	memcpy(slot + offsetof(struct svnic_rx_cmpl32, len), &len, sizeof(len));
	memcpy(last, &info, sizeof(info));
}

static void svnic_rx_complete(struct svnic_core *core, struct svnic_qp *qp,
			      const struct svnic_rx_cmpl32 *cmpl, uint32_t len,
			      uint32_t info)
{
	if (qp->cmpl_n == SVNIC_CMPL_BATCH)
		svnic_rx_flush(core, qp);
	if (!qp->on_dirty) {
		/* The write of completions, and the read for the decision. */
		core->cost += 2 * SVNIC_COST_REQUEST;
		qp->on_dirty = true;
		qp->dirty_next = core->dirty;
		core->dirty = qp;
	}
	/* The phase is 1 in the first pass over the ring, 0 in the second. */
	if (!(qp->s.rx_cons & qp->s.rx_size))
		info |= SVNIC_RXC_PHASE;
	svnic_rx_fill(qp, cmpl, len, info);
	qp->s.rx_cons++;
}

/* Writes one frame completely, or returns false; the caller counts it. */
static bool svnic_rx_put(struct svnic_core *core, struct svnic_qp *qp,
			 const struct svnic_view *view)
{
	struct svnic_counters *stats = &qp->fn->s.stats;
	const uint8_t *data = view->pkt.data;
	uint32_t left = view->pkt.len, chunk, need = 1, info;
	uint32_t frames = svnic_pkt_frames(&view->pkt);
	uint64_t addr;

	if (left > qp->s.buf_size)
		need = (left + qp->s.buf_size - 1) / qp->s.buf_size;
	/* The completions of a frame are written together if they fit. */
	if (qp->cmpl_n + need > SVNIC_CMPL_BATCH)
		svnic_rx_flush(core, qp);
	if (!qp->s.active[SVNIC_RX] || !svnic_rx_room(core, qp, need)) {
		if (qp->s.active[SVNIC_RX])
			stats->rx_no_buffer += frames;
		else
			stats->rx_errors += frames;
		return false;
	}

	info = svnic_le32(view->cmpl.info) | SVNIC_RXC_SOP;
	for (; left; left -= chunk, data += chunk) {
		chunk = left < qp->s.buf_size ? left : qp->s.buf_size;
		if (!svnic_rx_posting(core, qp, &addr) ||
		    svnic_dma_write(core, qp->fn, addr, data, chunk)) {
			svnic_qp_fail(core, qp, SVNIC_RX, SVNIC_ERR_DMA);
			stats->rx_errors += frames;
			return false;
		}
		if (chunk == left)
			info |= SVNIC_RXC_EOP;
		svnic_rx_complete(core, qp, &view->cmpl, chunk, info);
		if (!qp->s.active[SVNIC_RX]) {
			stats->rx_errors += frames;
			return false;
		}
		info = 0;
	}
	qp->frames++;
	return true;
}

static void svnic_rx_count(struct svnic_fn *fn, const struct svnic_view *view)
{
	struct svnic_counters *stats = &fn->s.stats;
	const struct svnic_pkt *pkt = &view->pkt;
	uint32_t frames = svnic_pkt_frames(pkt);

	stats->rx_packets += frames;
	stats->rx_bytes += svnic_pkt_wire_len(pkt) +
			   (uint64_t)view->own_tag * frames;
	if (pkt->gso_size) {
		stats->rx_coalesced++;
		stats->rx_coalesced_segs += frames;
	}
	svnic_count_cast(pkt->data, frames, &stats->rx_mcast, &stats->rx_bcast);
}

/* Packet type and checksum verdict, for a completion. */
static __le32 svnic_rx_verdict(struct svnic_pkt *pkt)
{
	uint32_t info = 0;

	svnic_csum_verify(pkt);
	if (pkt->verdict == SVNIC_CSUM_OK)
		info = SVNIC_RXC_CSUM_OK;
	else if (pkt->verdict == SVNIC_CSUM_BAD)
		info = SVNIC_RXC_CSUM_BAD;
	return svnic_le32(info | (uint32_t)pkt->hdr.type <<
			  SVNIC_RXC_TYPE_SHIFT);
}

/* Section 5.8: what flow rules compare, without the tag of the port VLAN. */
static void svnic_rx_key(const struct svnic_fn *fn, const struct svnic_pkt *pkt,
			 struct svnic_flow_key *key)
{
	uint32_t port = fn->s.vport.port_vlan ? SVNIC_VLAN_LEN : 0;
	const struct svnic_headers *hdr = &pkt->hdr;
	const uint8_t *tag = pkt->data + port;
	const uint8_t *ip = pkt->data + hdr->l3;

	memset(key, 0, sizeof(*key));
	memcpy(key->dmac, pkt->data, 6);
	memcpy(key->smac, pkt->data + 6, 6);
	if (pkt->len >= SVNIC_ETH_HLEN + port + SVNIC_VLAN_LEN &&
	    svnic_tagged(tag))
		memcpy(&key->vlan, tag + SVNIC_ETH_HLEN, 2);
	if (hdr->l3)
		memcpy(&key->type, ip - 2, 2);
	if (hdr->type == SVNIC_PTYPE_NONE)
		return;
	key->proto = hdr->proto;
	if (hdr->type >= SVNIC_PTYPE_IPV6) {
		key->tos = (uint8_t)(svnic_get_be16(ip) >> 4);
		memcpy(key->sip, ip + 8, 16);
		memcpy(key->dip, ip + 24, 16);
	} else {
		key->tos = ip[1];
		memcpy(key->sip, ip + 12, 4);
		memcpy(key->dip, ip + 16, 4);
	}
	if (hdr->l4) {
		memcpy(&key->sport, pkt->data + hdr->l4, 2);
		memcpy(&key->dport, pkt->data + hdr->l4 + 2, 2);
	}
}

/* Section 5.8: what the rules say of the frame, NULL: nothing. */
static const struct svnic_flow_action *
svnic_rx_rule(struct svnic_core *core, const struct svnic_fn *fn,
	      const struct svnic_pkt *pkt)
{
	struct svnic_flow_key key;

	if (!svnic_flow_masks(fn->flow))
		return NULL;
	core->cost += svnic_flow_masks(fn->flow) * SVNIC_COST_MASK;
	svnic_rx_key(fn, pkt, &key);
	return svnic_flow_match(fn->flow, &key);
}

/*
 * Sections 5.6 and 5.8: the queue that the hash or @action selects. NULL if
 * that does not exist.
 */
static struct svnic_qp *svnic_rx_queue(struct svnic_fn *fn,
				       const struct svnic_pkt *pkt,
				       const struct svnic_flow_action *action,
				       struct svnic_rx_cmpl32 *cmpl)
{
	uint16_t what = action ? svnic_le16(action->type) : SVNIC_FLOW_END;
	const struct svnic_rss_state *rss = &fn->s.rss;
	struct svnic_rss_lut *lut = &fn->rss_lut;
	struct svnic_rss_ctx *ctx;
	uint32_t hash, queue = 0;
	enum svnic_ptype type;

	if (what == SVNIC_FLOW_RSS && action->a) {
		ctx = svnic_flow_ctx(fn->flow, svnic_le16(action->a));
		rss = &ctx->s;
		lut = &ctx->lut;
	}
	if (svnic_fn_has(fn, SVNIC_F_RSS) && rss->ctrl & SVNIC_RSS_ENABLE) {
		hash = svnic_rss_hash(rss, lut, pkt, &type);
		cmpl->hash = svnic_le32(hash);
		cmpl->info |= svnic_le32(type << SVNIC_RXC_HASH_SHIFT);
		queue = rss->table[hash % SVNIC_RSS_ENTRIES];
	}
	if (what == SVNIC_FLOW_QUEUE)
		queue = svnic_le16(action->a);
	else if (what == SVNIC_FLOW_RSS)
		queue += svnic_le32(action->b);
	return queue < fn->max_queues ? &fn->qp[queue] : NULL;
}

/*
 * Section 5.4: removes the port VLAN's tag, of which the guest does not know,
 * and with VLAN_STRIP also the next one, which goes to the completion. The
 * overwritten bytes are copied to @saved, from which the caller restores them;
 * returns their number.
 */
static unsigned int svnic_rx_untag(struct svnic_core *core,
				   struct svnic_fn *fn, struct svnic_pkt *pkt,
				   struct svnic_view *view, uint8_t *saved)
{
	unsigned int tags = fn->s.vport.port_vlan ? 1 : 0, i;
	const uint8_t *tag = pkt->data + SVNIC_ETH_ADDRS +
			     tags * SVNIC_VLAN_LEN;

	if (svnic_fn_has(fn, SVNIC_F_VLAN_STRIP) &&
	    fn->s.rx_ctrl & SVNIC_RX_CTRL_VLAN_STRIP &&
	    pkt->len >= SVNIC_ETH_HLEN + (tags + 1) * SVNIC_VLAN_LEN &&
	    svnic_get_be16(tag) == SVNIC_ETHERTYPE_VLAN) {
		view->cmpl.vlan_tci = svnic_le16(svnic_get_be16(tag + 2));
		view->cmpl.info |= svnic_le32(SVNIC_RXC_VLAN);
		view->own_tag = SVNIC_VLAN_LEN;
		tags++;
	}
	if (!tags) {
		view->pkt = *pkt;
		return 0;
	}

	svnic_pkt_own(core, pkt);
	memcpy(saved, pkt->data, SVNIC_ETH_ADDRS + tags * SVNIC_VLAN_LEN);
	view->pkt = *pkt;
	for (i = 0; i < tags; i++)
		svnic_pkt_pop_tag(&view->pkt);
	return SVNIC_ETH_ADDRS + tags * SVNIC_VLAN_LEN;
}

/* Section 5.5, length: checks the frame, or the segments of a large one. */
static bool svnic_rx_fits(const struct svnic_fn *fn,
			  const struct svnic_pkt *pkt)
{
	uint32_t port = fn->s.vport.port_vlan ? SVNIC_VLAN_LEN : 0;
	uint32_t len = pkt->gso_size ? pkt->hdr_len + pkt->gso_size : pkt->len;
	uint32_t max = fn->s.vport.frame_max + port;
	const uint8_t *tag = pkt->data + port;

	/* Tags may exceed it; a frame longer than @max has bytes for two. */
	if (len > max && svnic_tagged(tag)) {
		max += SVNIC_VLAN_LEN;
		if (svnic_tagged(tag + SVNIC_VLAN_LEN))
			max += SVNIC_VLAN_LEN;
	}
	return len <= max;
}

/* Section 5.5: removes the padding up to Ethernet's minimum payload. */
static void svnic_rx_unpad(struct svnic_pkt *pkt)
{
	const struct svnic_headers *hdr = &pkt->hdr;

	if (!pkt->gso_size && pkt->len - hdr->l3 <= SVNIC_ETH_PAYLOAD_MIN)
		pkt->len -= hdr->pad;
}

static void svnic_rx_coalesced(struct svnic_view *view)
{
	view->cmpl.gso_size = svnic_le16(view->pkt.gso_size);
	view->cmpl.hdr_len = svnic_le16(view->pkt.hdr_len);
	view->cmpl.info |= svnic_le32(SVNIC_RXC_COALESCED);
}

static void svnic_rx_source(struct svnic_view *view)
{
	view->cmpl.source = svnic_le16(view->pkt.source);
	view->cmpl.info |= svnic_le32(SVNIC_RXC_SOURCE);
}

/* Section 5.7: true if @fn takes the frame unsplit, false if its segments. */
bool svnic_rx_takes_whole(const struct svnic_fn *fn,
			  const struct svnic_pkt *pkt)
{
	/* RX_COALESCE cannot be accepted without RX_CSUM. */
	return !pkt->gso_size || (svnic_fn_has(fn, SVNIC_F_RX_COALESCE) &&
				  fn->s.rx_ctrl & SVNIC_RX_CTRL_COALESCE &&
				  pkt->verdict == SVNIC_CSUM_OK);
}

/*
 * Delivers a frame to @fn, which takes it unsplit. On return @pkt is as before,
 * except for work that other receivers need as well: parsing and checksums.
 */
void svnic_rx_vport(struct svnic_core *core, struct svnic_fn *fn,
		    struct svnic_pkt *pkt)
{
	uint8_t saved[SVNIC_ETH_ADDRS + SVNIC_UNTAG_MAX * SVNIC_VLAN_LEN];
	const struct svnic_flow_action *action;
	struct svnic_view view = { .own_tag = 0 };
	unsigned int restore;
	struct svnic_qp *qp;

	core->cost += SVNIC_COST_FRAME;
	if (!fn->s.enabled || !fn->s.ready || !svnic_vport_link_up(core, fn))
		return;
	svnic_parse(pkt);
	action = svnic_rx_rule(core, fn, pkt);
	if (action && svnic_le16(action->type) == SVNIC_FLOW_DROP)
		return;
	qp = svnic_rx_queue(fn, pkt, action, &view.cmpl);
	if (!qp || !qp->s.active[SVNIC_RX] || !svnic_rx_fits(fn, pkt)) {
		fn->s.stats.rx_errors += svnic_pkt_frames(pkt);
		return;
	}
	/* Do not compute a checksum for a receiver without buffers. */
	if (svnic_rx_empty(core, qp)) {
		fn->s.stats.rx_no_buffer += svnic_pkt_frames(pkt);
		return;
	}

	if (pkt->csum_partial && !pkt->gso_size) {
		svnic_pkt_own(core, pkt);
		svnic_csum_complete(pkt);
	}
	if (svnic_fn_has(fn, SVNIC_F_RX_CSUM))
		view.cmpl.info |= svnic_rx_verdict(pkt);
	restore = svnic_rx_untag(core, fn, pkt, &view, saved);
	svnic_rx_unpad(&view.pkt);
	if (pkt->gso_size)
		svnic_rx_coalesced(&view);
	if (qp->cmpl_source)
		svnic_rx_source(&view);
	if (svnic_rx_put(core, qp, &view))
		svnic_rx_count(fn, &view);
	if (restore)
		memcpy(pkt->data, saved, restore);
}
