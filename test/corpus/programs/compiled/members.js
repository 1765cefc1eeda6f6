var o=new Map,i=new Map,n=class{join(r,t){i.set(r,(i.get(r)??0)+1),o.set(t.id,t)}get count(){return o.size}};var m=new n,s=0;async function b(){for(let e=0;e<40;e++)m.join(`room-${e%4}`,{id:++s,name:`member ${s}`})}export{b as round};
//# sourceMappingURL=members.js.map
