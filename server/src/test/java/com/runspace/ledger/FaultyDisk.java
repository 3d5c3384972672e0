package com.runspace.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** A disk that is full, does not take writes, or takes long over a sync, when the test says so. */
final class FaultyDisk implements Segment.Disk {
  /** Bytes by which files may still grow. */
  final AtomicLong room = new AtomicLong(Long.MAX_VALUE);

  /** Whether writes inside of files fail too. */
  volatile boolean broken;

  /** Syncs that the disk has done. */
  final AtomicLong syncs = new AtomicLong();

  /** Syncs wait for it. */
  volatile CountDownLatch sync = new CountDownLatch(0);

  @Override
  public FileChannel open(Path path, StandardOpenOption... options) throws IOException {
    return new Channel(FileChannel.open(path, options));
  }

  private final class Channel extends FileChannel {
    private final FileChannel file;

    Channel(FileChannel file) {
      this.file = file;
    }

    @Override
    public int write(ByteBuffer bytes, long at) throws IOException {
      if (broken) {
        throw new IOException("Input/output error");
      }
      long growth = Math.max(0, at + bytes.remaining() - file.size());
      if (growth > room.get()) {
        // As the kernel does it: what fits is written, and the next write fails.
        int fits = (int) (bytes.remaining() - growth + room.get());
        if (fits <= 0) {
          throw new IOException("No space left on device");
        }
        ByteBuffer part = bytes.slice(bytes.position(), fits);
        bytes.position(bytes.position() + fits);
        room.set(0);
        return file.write(part, at);
      }
      room.addAndGet(-growth);
      return file.write(bytes, at);
    }

    @Override
    public void force(boolean metaData) throws IOException {
      try {
        sync.await();
      } catch (InterruptedException stopped) {
        throw new IOException(stopped);
      }
      if (broken) {
        throw new IOException("Input/output error");
      }
      file.force(metaData);
      syncs.incrementAndGet();
    }

    @Override
    public int read(ByteBuffer bytes, long at) throws IOException {
      return file.read(bytes, at);
    }

    @Override
    protected void implCloseChannel() throws IOException {
      room.addAndGet(file.size());
      file.close();
    }

    @Override
    public int read(ByteBuffer bytes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long read(ByteBuffer[] bytes, int offset, int length) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int write(ByteBuffer bytes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long write(ByteBuffer[] bytes, int offset, int length) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long position() {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileChannel position(long position) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public FileChannel truncate(long size) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
      throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
      throw new UnsupportedOperationException();
    }
  }
}
