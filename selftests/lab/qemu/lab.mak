# SPDX-License-Identifier: GPL-2.0-or-later
#
# The devices of the lab's QEMU: what the lab host and its guests are made of,
# and nothing else, so that it builds in a fraction of the time.
CONFIG_Q35=y
CONFIG_VTD=y
CONFIG_SERIAL_ISA=y
CONFIG_PCIE_PORT=y
CONFIG_E1000E_PCI_EXPRESS=y
CONFIG_IGB_PCI_EXPRESS=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_BLK=y
CONFIG_VIRTIO_NET=y
CONFIG_VIRTIO_RNG=y
CONFIG_VIRTIO_SERIAL=y
CONFIG_VIRTIO_9P=y
CONFIG_VHOST_VSOCK=y
CONFIG_VFIO=y
CONFIG_VFIO_PCI=y
