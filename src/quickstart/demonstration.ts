/** One thing to try, with what it is expected to show. */
export interface Demonstration {
  readonly title: string;
  readonly command: string;
  readonly expected: string;
}

/** What the example in `folder` shows; the folder is written as a user in the current directory would. */
export function demonstrations(folder: string): readonly Demonstration[] {
  const proxied = 'curl --interface 127.0.0.11 -x http://127.0.0.1:3128';
  return [
    {
      title: 'In, by path: HTTPRoute shop/shop, rule cart',
      command: 'curl http://shop.localhost:8080/cart/7',
      expected: 'cart on 127.0.0.31 got GET /cart/7   (or on 127.0.0.32)',
    },
    {
      title: 'In, by header: rule canary is more specific',
      command: "curl -H 'x-canary: yes' http://shop.localhost:8080/cart/7",
      expected: 'cart-canary on 127.0.0.33 got GET /cart/7',
    },
    {
      title: 'In, split by weight: rule checkout, 80 to 20',
      command: 'for i in $(seq 50); do curl -s http://shop.localhost:8080/checkout; done | sort | uniq -c',
      expected: 'about 40 checkout-v1 and 10 checkout-v2',
    },
    {
      title: 'In, by Ingress with TLS: Ingress blog/blog',
      command: `curl --cacert ${folder}/blog.localhost.crt https://blog.localhost:8443/`,
      expected: 'blog on 127.0.0.36 got GET /',
    },
    {
      title: 'Out, allowed: Egress shop/checkout, rule payments',
      command: `${proxied} http://payments.localhost:9191/charge`,
      expected: 'payments.localhost on 127.0.0.1 got GET /charge',
    },
    {
      title: 'Out, refused: no rule names this host',
      command: `${proxied} http://elsewhere.localhost:9191/charge`,
      expected:
        '403: no rule of the Egress objects that select the caller allows GET http://elsewhere.localhost:9191/charge',
    },
  ];
}
