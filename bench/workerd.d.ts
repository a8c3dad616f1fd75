/** The package gives the path of its binary. */
declare module "workerd" {
  const workerd: { readonly default: string };
  export default workerd;
}
