/** Images that go with a question, as data: URLs. */

export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** A WebSocket message may have 1 MiB: what is larger is made smaller. */
const MAX_BYTES = 600_000;
const MAX_SIDE = 1568;
const QUALITY = 0.85;

/** The images among files. */
export function imagesIn(files: Iterable<File> | undefined): File[] {
  return [...(files ?? [])].filter(({ type }) => IMAGE_TYPES.includes(type));
}

/** The file as a data: URL; a large one scaled down to what models look at anyway. Rejects when it is no image. */
export async function dataUrl(file: File): Promise<string> {
  return read(file.size <= MAX_BYTES ? file : await smaller(file));
}

async function smaller(file: File): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  // JPEG has no transparency.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}

function read(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
