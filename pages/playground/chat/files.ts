/** Files that go with a question, as data: URLs. */
import type { Attachment } from "./attachment.ts";

const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const PDF = "application/pdf";

/** A WebSocket message may have 1 MiB: an image that is larger is made smaller. */
const MAX_IMAGE_BYTES = 600_000;
const MAX_SIDE = 1568;
const QUALITY = 0.85;
/** As base64 within the 8 MiB that the router reads unless told otherwise. */
const MAX_PDF_BYTES = 5_000_000;

/**
 * The file as it goes along; a large image scaled down to what models look at anyway.
 * @throws Error that says why it cannot be taken
 */
export async function attachmentOf(file: File): Promise<Attachment> {
  const { name } = file;
  if (file.type === PDF) {
    if (file.size > MAX_PDF_BYTES) throw new Error(`${name} is larger than 5 MB.`);
    return { kind: "pdf", url: await read(file), name };
  }
  if (!IMAGES.includes(file.type))
    throw new Error(`${name} is no PNG, JPEG, GIF, WebP or PDF: models take no other files here.`);
  try {
    const url = await read(file.size <= MAX_IMAGE_BYTES ? file : await smaller(file));
    return { kind: "image", url, name };
  } catch {
    throw new Error(`${name} could not be read as an image.`);
  }
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
