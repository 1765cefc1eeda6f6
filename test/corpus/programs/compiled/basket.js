// typescript/basket/baskets.ts
var baskets = /* @__PURE__ */ new Map();
function openBasket(visitor) {
  const basket = { visitor, items: [], isPaid: false };
  baskets.set(visitor, basket);
  return basket;
}

// typescript/basket/main.ts
var visitors = 0;
async function round() {
  for (let index = 0; index < 50; index++) {
    const basket = openBasket(`visitor-${++visitors}`);
    basket.items.push({ article: `article-${index}`, count: 1 });
    basket.isPaid = true;
  }
}
export {
  round
};
//# sourceMappingURL=basket.js.map
