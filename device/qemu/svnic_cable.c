/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC: a cable between two NICs of one machine.
 *
 *   -device svnic-cable,id=wire
 *   -device svnic,cable=wire,... -device svnic,cable=wire,...
 *
 * It is a device and not an object, since -object accepts only types that are
 * in QEMU's own schema. Property "up" may be changed at any time:
 *
 *   qom-set /machine/peripheral/wire up false
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"

#include "svnic_qemu.h"

/**
 * SvnicCable: everything but the fifos is guarded by the BQL
 * @end: the two NICs; end i sends into @way[i]
 * @up: the link is up
 * @gso: it takes unsplit large segments and incomplete checksums
 */
struct SvnicCable {
    DeviceState parent_obj;

    SvnicFifo way[2];
    SvnicState *end[2];
    bool up;
    bool gso;
};

bool svnic_cable_gso(const SvnicCable *cable)
{
    return cable->gso;
}

static void svnic_cable_update(SvnicCable *cable)
{
    bool up = cable->up && cable->end[0] && cable->end[1];
    int i;

    for (i = 0; i < 2; i++) {
        if (cable->end[i]) {
            svnic_thread_set_link(cable->end[i], up);
        }
    }
}

bool svnic_cable_plug(SvnicCable *cable, SvnicState *s, Error **errp)
{
    int i = cable->end[0] ? 1 : 0;

    if (cable->end[i]) {
        error_setg(errp, "svnic: the cable has both ends plugged already");
        return false;
    }
    cable->end[i] = s;
    svnic_fifo_producer(&cable->way[i], svnic_thread_kick, s);
    svnic_fifo_consumer(&cable->way[!i], svnic_thread_kick, s);
    svnic_thread_lock(s);
    s->out = &cable->way[i];
    s->in = &cable->way[!i];
    svnic_thread_unlock(s);
    svnic_cable_update(cable);
    return true;
}

void svnic_cable_unplug(SvnicCable *cable, SvnicState *s)
{
    int i = cable->end[0] == s ? 0 : 1;

    svnic_thread_lock(s);
    s->out = NULL;
    s->in = NULL;
    svnic_thread_unlock(s);
    svnic_fifo_producer(&cable->way[i], NULL, NULL);
    svnic_fifo_consumer(&cable->way[!i], NULL, NULL);
    cable->end[i] = NULL;
    svnic_cable_update(cable);
}

static bool svnic_cable_get_up(Object *obj, Error **errp)
{
    return SVNIC_CABLE(obj)->up;
}

static void svnic_cable_set_up(Object *obj, bool up, Error **errp)
{
    SvnicCable *cable = SVNIC_CABLE(obj);

    cable->up = up;
    svnic_cable_update(cable);
}

static void svnic_cable_instance_init(Object *obj)
{
    SvnicCable *cable = SVNIC_CABLE(obj);

    cable->up = true;
    svnic_fifo_init(&cable->way[0]);
    svnic_fifo_init(&cable->way[1]);
}

static void svnic_cable_instance_finalize(Object *obj)
{
    SvnicCable *cable = SVNIC_CABLE(obj);

    svnic_fifo_destroy(&cable->way[0]);
    svnic_fifo_destroy(&cable->way[1]);
}

static const VMStateDescription svnic_cable_vmstate = {
    .name = TYPE_SVNIC_CABLE,
    .unmigratable = 1,
};

static const Property svnic_cable_properties[] = {
    DEFINE_PROP_BOOL("gso", SvnicCable, gso, true),
};

static void svnic_cable_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);

    dc->desc = "Cable between two SV-NICs";
    dc->vmsd = &svnic_cable_vmstate;
    /* NICs have pointers to the cable, so it cannot be unplugged. */
    dc->hotpluggable = false;
    device_class_set_props(dc, svnic_cable_properties);
    object_class_property_add_bool(class, "up", svnic_cable_get_up,
                                   svnic_cable_set_up);
    object_class_property_set_description(class, "up", "link state");
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static const TypeInfo svnic_cable_info = {
    .name = TYPE_SVNIC_CABLE,
    .parent = TYPE_DEVICE,
    .instance_size = sizeof(SvnicCable),
    .instance_init = svnic_cable_instance_init,
    .instance_finalize = svnic_cable_instance_finalize,
    .class_init = svnic_cable_class_init,
};

static void svnic_cable_register_types(void)
{
    type_register_static(&svnic_cable_info);
}

type_init(svnic_cable_register_types)
