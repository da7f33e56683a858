/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions of a device used through VFIO, without a driver, by programs of the
 * tests. An error ends the program with a message that names the object.
 */
#ifndef SVNIC_TEST_VFIO_H
#define SVNIC_TEST_VFIO_H

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

/**
 * struct vfio_bar - a BAR in this program's memory
 * @at: where
 * @size: bytes
 */
struct vfio_bar {
	volatile uint8_t *at;
	size_t size;
};

static int vfio_open_container(void)
{
	int container = open("/dev/vfio/vfio", O_RDWR);

	if (container < 0)
		err(1, "/dev/vfio/vfio");
	return container;
}

/* The group of @bdf, added to @container; the first one sets its IOMMU. */
static int vfio_open_group(int container, const char *bdf, bool first)
{
	char path[PATH_MAX], group[PATH_MAX];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group",
		 bdf);
	len = readlink(path, group, sizeof(group) - 1);
	if (len < 0)
		err(1, "%s", path);
	group[len] = 0;
	snprintf(path, sizeof(path), "/dev/vfio%s", strrchr(group, '/'));
	fd = open(path, O_RDWR);
	if (fd < 0 || ioctl(fd, VFIO_GROUP_SET_CONTAINER, &container))
		err(1, "%s", path);
	if (first && ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		err(1, "container");
	return fd;
}

/* @size bytes of new memory, which devices see at @iova. */
static uint8_t *vfio_map_memory(int container, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.iova = iova,
		.size = size,
	};
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (mem == MAP_FAILED)
		err(1, "memory");
	map.vaddr = (uintptr_t)mem;
	if (ioctl(container, VFIO_IOMMU_MAP_DMA, &map))
		err(1, "DMA mapping");
	return mem;
}

/* The function, reset by VFIO, with memory and bus mastering enabled. */
static int vfio_open_device(int group, const char *bdf)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	int device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	uint16_t command;

	if (device < 0)
		err(1, "%s", bdf);
	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info) ||
	    pread(device, &command, 2, info.offset + PCI_COMMAND) != 2)
		err(1, "%s: configuration space", bdf);
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	if (pwrite(device, &command, 2, info.offset + PCI_COMMAND) != 2)
		err(1, "%s: configuration space", bdf);
	return device;
}

static struct vfio_bar vfio_map_bar(int device, const char *bdf,
				    unsigned int index)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = index,
	};
	void *at;

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info))
		err(1, "%s: region %u", bdf, index);
	at = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, device,
		  info.offset);
	if (at == MAP_FAILED)
		err(1, "%s: mmap of region %u", bdf, index);
	return (struct vfio_bar){ .at = at, .size = info.size };
}

#endif
