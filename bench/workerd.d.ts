/** The package has no types of its own. Node wraps its one export, the path of the executable; Vite unwraps it. */
declare module "workerd" {
  const workerd: string | { readonly default: string };
  export default workerd;
}
