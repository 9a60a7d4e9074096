// The package has no types of its own.
declare module "swagger-ui-dist/absolute-path.js" {
  /** The folder of Swagger UI's built files. */
  export default function absolutePath(): string;
}
