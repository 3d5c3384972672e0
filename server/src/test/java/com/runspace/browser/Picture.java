package com.runspace.browser;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/** A picture of a page with at most 256 colours, a quarter of the bytes and no worse to look at. */
final class Picture {
  private static final int COLOURS = 256;

  private Picture() {}

  /** Writes a PNG. */
  static void write(byte[] png, Path file) throws IOException {
    BufferedImage full = ImageIO.read(new ByteArrayInputStream(png));
    BufferedImage picture =
        new BufferedImage(
            full.getWidth(), full.getHeight(), BufferedImage.TYPE_BYTE_INDEXED, palette(full));
    Map<Integer, int[]> nearest = new HashMap<>();
    IndexColorModel colours = (IndexColorModel) picture.getColorModel();
    for (int y = 0; y < full.getHeight(); y++) {
      for (int x = 0; x < full.getWidth(); x++) {
        int colour = full.getRGB(x, y) & 0xffffff;
        int[] index = nearest.computeIfAbsent(colour, wanted -> nearest(colours, wanted));
        picture.getRaster().setPixel(x, y, index);
      }
    }
    Files.createDirectories(file.toAbsolutePath().getParent());
    ImageIO.write(picture, "png", file.toFile());
  }

  /** The commonest colours: pages have few, and many shades only at the rims of letters. */
  private static IndexColorModel palette(BufferedImage full) {
    Map<Integer, Integer> counts = new HashMap<>();
    for (int y = 0; y < full.getHeight(); y++) {
      for (int x = 0; x < full.getWidth(); x++) {
        counts.merge(full.getRGB(x, y) & 0xffffff, 1, Integer::sum);
      }
    }
    List<Integer> commonest =
        counts.entrySet().stream()
            .sorted(Map.Entry.<Integer, Integer>comparingByValue().reversed())
            .limit(COLOURS)
            .map(Map.Entry::getKey)
            .toList();
    int[] colours = commonest.stream().mapToInt(colour -> 0xff000000 | colour).toArray();
    return new IndexColorModel(8, colours.length, colours, 0, false, -1, DataBuffer.TYPE_BYTE);
  }

  private static int[] nearest(IndexColorModel palette, int colour) {
    int best = 0;
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < palette.getMapSize(); i++) {
      int far = distance(palette.getRGB(i), colour);
      if (far < least) {
        least = far;
        best = i;
      }
    }
    return new int[] {best};
  }

  private static int distance(int one, int other) {
    int sum = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
      int apart = (one >> shift & 0xff) - (other >> shift & 0xff);
      sum += apart * apart;
    }
    return sum;
  }
}
